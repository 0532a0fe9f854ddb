package dev.regild.db;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.Optional;
import org.jdbi.v3.core.statement.ColonPrefixSqlParser;
import org.jdbi.v3.core.statement.ParsedSql;
import org.jdbi.v3.core.statement.SqlParser;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Finds the named parameters of a statement as {@link ColonPrefixSqlParser} does. That one has a
 * generated lexer, which costs a process that has just begun milliseconds a statement: it is asked
 * only about statements that have more than words, numbers, texts in single quotes and parameters.
 */
final class StatementParser implements SqlParser {
  private static final int REMEMBERED = 1000;

  private final SqlParser unusual = new ColonPrefixSqlParser();
  private final Cache<String, ParsedSql> parsed =
      Caffeine.newBuilder().maximumSize(REMEMBERED).build();

  @Override
  public ParsedSql parse(String sql, StatementContext context) {
    ParsedSql known = parsed.getIfPresent(sql);
    if (known == null) {
      known = usual(sql).orElseGet(() -> unusual.parse(sql, context));
      parsed.put(sql, known);
    }
    return known;
  }

  @Override
  public String nameParameter(String rawName, StatementContext context) {
    return unusual.nameParameter(rawName, context);
  }

  /** Empty if the statement has something unusual. */
  static Optional<ParsedSql> usual(String sql) {
    ParsedSql.Builder statement = ParsedSql.builder();
    int from = 0;
    int at = 0;
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (c == '\'') {
        // Of two quotes in a text, the second one begins another text: it is all the same here.
        int end = sql.indexOf('\'', at + 1);
        if (end < 0 || sql.substring(at, end).contains("\\")) {
          return Optional.empty();
        }
        at = end + 1;
      } else if (c == ':') {
        int end = endOfName(sql, at + 1);
        if (end == at + 1 || sql.startsWith(".", end)) {
          return Optional.empty();
        }
        statement.append(sql.substring(from, at)).appendNamedParameter(sql.substring(at + 1, end));
        from = end;
        at = end;
      } else if (isUnusual(sql, at)) {
        return Optional.empty();
      } else {
        at++;
      }
    }
    return Optional.of(statement.append(sql.substring(from)).build());
  }

  /** Comments, quoted names, positional parameters, escapes, and what is not ASCII. */
  private static boolean isUnusual(String sql, int at) {
    char c = sql.charAt(at);
    return switch (c) {
      case '"', '?', '\\', '`', '$', '[' -> true;
      case '-' -> sql.startsWith("--", at);
      case '/' -> sql.startsWith("/*", at) || sql.startsWith("//", at);
      default -> c > '~';
    };
  }

  private static int endOfName(String sql, int from) {
    int end = from;
    while (end < sql.length() && isOfName(sql.charAt(end))) {
      end++;
    }
    return end;
  }

  private static boolean isOfName(char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }
}
