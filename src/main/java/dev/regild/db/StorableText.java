package dev.regild.db;

import java.nio.charset.StandardCharsets;
import java.sql.Types;
import org.jdbi.v3.core.argument.AbstractArgumentFactory;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.config.ConfigRegistry;

/**
 * Writes texts in a form that PostgreSQL accepts: U+FFFD replaces a NUL from a guest or a program,
 * and a question mark replaces half a surrogate pair, as in SQLite's driver. Otherwise, a job whose
 * failure reason has such a character could not record that it failed.
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
