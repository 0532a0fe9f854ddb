package dev.regild.db;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;

/**
 * A copy of an embedded database, made while a server writes to the original. The copy is one file
 * without a write-ahead log.
 */
public final class SqliteCopy {
  private static final int BUSY_TIMEOUT_MILLIS = 10_000;

  /** SQLite's code for a full disk. */
  private static final int FULL = 13;

  private SqliteCopy() {}

  /**
   * Writes a copy of the state between two transactions. The server goes on writing meanwhile.
   * (SQLite's online backup would start over each time that another process commits.)
   *
   * @param to does not exist yet; the caller removes it if this fails
   * @throws IOException if the original can't be read, or the copy can't be written
   */
  public static void write(Path from, Path to) throws IOException {
    if (!Files.isRegularFile(from)) {
      throw new IOException("The database %s does not exist.".formatted(from));
    }
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:sqlite:%s?busy_timeout=%d"
                    .formatted(from.toAbsolutePath(), BUSY_TIMEOUT_MILLIS));
        PreparedStatement copy = connection.prepareStatement("VACUUM INTO ?")) {
      copy.setString(1, to.toAbsolutePath().toString());
      copy.executeUpdate();
    } catch (SQLException e) {
      throw new IOException(
          (e.getErrorCode() & 0xff) == FULL
              ? "The file system of %s is full. Free some space there, and run this again."
                  .formatted(to)
              : "Cannot copy the database %s to %s: %s".formatted(from, to, e.getMessage()),
          e);
    }
  }

  /**
   * Reads a copy without changing it, not even to bring its tables up to date.
   *
   * @throws IOException if it is not a database
   */
  public static <T> T read(Path copy, HandleCallback<T, RuntimeException> work) throws IOException {
    try {
      return Jdbi.create("jdbc:sqlite:file:%s?immutable=1".formatted(copy.toUri().getRawPath()))
          .withHandle(work);
    } catch (RuntimeException e) {
      throw new IOException("Cannot read the database %s: %s".formatted(copy, e.getMessage()), e);
    }
  }
}
