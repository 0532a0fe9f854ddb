package dev.regild.db;

import java.nio.charset.StandardCharsets;
import java.sql.Types;
import org.jdbi.v3.core.argument.AbstractArgumentFactory;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.config.ConfigRegistry;

/**
 * Writes texts as PostgreSQL can keep them: with U+FFFD where a guest or a program put a NUL, and a
 * question mark for half a surrogate pair, as SQLite's driver writes it. Otherwise a job whose
 * failure has such a character in its reason could not record that it failed.
 */
final class StorableText extends AbstractArgumentFactory<String> {
  StorableText() {
    super(Types.VARCHAR);
  }

  @Override
  protected Argument build(String value, ConfigRegistry config) {
    String storable = storable(value);
    return (position, statement, _) -> statement.setString(position, storable);
  }

  static String storable(String value) {
    String text = value.indexOf('\0') < 0 ? value : value.replace('\0', '\uFFFD');
    return text.chars().anyMatch(c -> Character.isSurrogate((char) c))
        ? new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)
        : text;
  }
}
