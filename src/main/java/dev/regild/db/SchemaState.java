package dev.regild.db;

import java.io.IOException;
import java.nio.file.Path;
import org.jdbi.v3.core.Jdbi;
import org.sqlite.SQLiteDataSource;

/**
 * Which version of Regild the tables of an embedded database are for.
 *
 * @param there the newest migration that the database has seen
 * @param known the newest migration of this version
 */
public record SchemaState(int there, int known) {

  /**
   * Looks at a database, and changes nothing in it.
   *
   * @throws IOException if it can't be read
   */
  public static SchemaState of(Path file) throws IOException {
    SQLiteDataSource source = new SQLiteDataSource();
    source.setUrl("jdbc:sqlite:" + file.toAbsolutePath());
    try {
      return new SchemaState(
          Jdbi.create(source).withHandle(Migrations::newestIn),
          new Migrations(source).newestKnown());
    } catch (RuntimeException e) {
      throw new IOException("Cannot read the database %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** Whether only a newer version can use the database. */
  public boolean isNewer() {
    return there > known;
  }

  /** Whether the next start of a server changes the tables. */
  public boolean isOlder() {
    return there < known;
  }
}
