package dev.regild.image;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/** Columns that may be empty. */
final class Column {
  private Column() {}

  static Optional<String> text(ResultSet row, String name) throws SQLException {
    return Optional.ofNullable(row.getString(name));
  }

  static Optional<Instant> instant(ResultSet row, String name) throws SQLException {
    long millis = row.getLong(name);
    return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
  }
}
