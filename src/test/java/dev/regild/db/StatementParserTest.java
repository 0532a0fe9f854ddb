package dev.regild.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.ColonPrefixSqlParser;
import org.jdbi.v3.core.statement.DefinedAttributeTemplateEngine;
import org.jdbi.v3.core.statement.ParsedSql;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.StatementContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatementParserTest {
  private static final Pattern TEXT_BLOCK = Pattern.compile("\"\"\"\\n(.*?)\"\"\"", Pattern.DOTALL);

  @Test
  void statementsOfOurOwnAreReadAsTheGeneratedLexerReadsThem() throws IOException {
    List<String> statements = textBlocks();
    List<String> usual =
        statements.stream().filter(sql -> StatementParser.usual(sql).isPresent()).toList();
    assertThat(usual).hasSizeGreaterThan(100);
    for (String sql : usual) {
      assertThat(StatementParser.usual(sql)).as(sql).contains(reference(sql));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT 1",
        "",
        ":a",
        "a = :a AND b = ':no' AND c = :c_1",
        "a = 'it''s :not' AND b = :yes",
        "a = '' AND b IN (:ids_0,:ids_1) -1 * 2 / 3",
        "t.a=:a||:b%:c",
        "ü = 'ü:x' AND a = :a",
        "a = 'it\\'s :not' AND b = :yes",
        "a = :a.b",
        "a = :a$b AND c = :ü",
        "a::text = :a -- it's :no\n AND b = :b",
        "a = :a /* :no ' */ AND \"b:c\" = 1",
        "a = ? AND b = ??",
        "a = 'open AND b = :b",
        "a : b",
        "a[1:2] = :a",
        "http://:a"
      })
  void everyStatementIsReadAsTheGeneratedLexerReadsIt(String sql) {
    assertThat(new StatementParser().parse(sql, context())).isEqualTo(reference(sql));
  }

  private static ParsedSql reference(String sql) {
    return new ColonPrefixSqlParser().parse(sql, context());
  }

  private static StatementContext context() {
    try (Handle handle = Jdbi.open("jdbc:sqlite::memory:");
        Query any = handle.createQuery("SELECT 1")) {
      return any.getContext();
    }
  }

  @Test
  void statementsWithoutListsAreRenderedAsTheGeneratedLexerRendersThem() throws IOException {
    StatementContext context = context();
    List<String> plain = textBlocks().stream().filter(sql -> !sql.contains("<")).toList();
    assertThat(plain).hasSizeGreaterThan(100);
    for (String sql : plain) {
      assertThat(new StatementTemplates().render(sql, context))
          .isEqualTo(new DefinedAttributeTemplateEngine().render(sql, context));
    }
    context.define("ids", "1, 2");
    assertThat(new StatementTemplates().render("id IN (<ids>) AND a \\< 3", context))
        .isEqualTo("id IN (1, 2) AND a < 3");
  }

  private static List<String> textBlocks() throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      for (Path file : files.filter(it -> it.toString().endsWith(".java")).toList()) {
        Matcher block = TEXT_BLOCK.matcher(Files.readString(file));
        while (block.find()) {
          found.add(block.group(1));
        }
      }
    }
    return found;
  }
}
