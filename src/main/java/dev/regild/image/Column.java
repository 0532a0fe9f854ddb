package dev.regild.image;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/** Columns that may be empty. */
public final class Column {
  private Column() {}

  public static Optional<String> text(ResultSet row, String name) throws SQLException {
    return Optional.ofNullable(row.getString(name));
  }

  public static Optional<Instant> instant(ResultSet row, String name) throws SQLException {
    long millis = row.getLong(name);
    return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
  }
}
