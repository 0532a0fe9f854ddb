package dev.regild.db;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;

/** The database's clock, by which nodes whose own clocks differ agree. */
public final class DatabaseTime {
  /**
   * SQLite gives {@code 2026-11-30 09:16:00} in UTC, PostgreSQL a fraction and an offset as well.
   */
  private static final Pattern FORM =
      Pattern.compile(
          "(\\d{4}-\\d\\d-\\d\\d) (\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?)([+-]\\d\\d(?::\\d\\d)?)?");

  private DatabaseTime() {}

  /** Returns the time when the handle's transaction began, at least to the second. */
  public static Instant now(Handle handle) {
    String text =
        handle
            .createQuery("SELECT CAST(CURRENT_TIMESTAMP AS VARCHAR(40))")
            .mapTo(String.class)
            .one();
    return parse(text);
  }

  static Instant parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalStateException("the database's time is '" + text + "'");
    }
    ZoneOffset offset =
        Optional.ofNullable(matcher.group(3)).map(ZoneOffset::of).orElse(ZoneOffset.UTC);
    return LocalDateTime.parse(matcher.group(1) + "T" + matcher.group(2)).toInstant(offset);
  }
}
