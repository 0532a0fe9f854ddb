package dev.regild.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/** One file in write-ahead mode, with every commit on the disk when it returns. */
record SqliteDialect(Path file) implements Dialect {
  private static final int CONNECTIONS = 8;
  private static final int BUSY_TIMEOUT_MILLIS = 10_000;

  /** READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB. */
  private static final Set<Integer> OF_DATABASE = Set.of(8, 10, 11, 13, 14, 26);

  @Override
  public HikariDataSource pool() {
    var sqlite = new SQLiteConfig();
    sqlite.setJournalMode(SQLiteConfig.JournalMode.WAL);
    sqlite.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    sqlite.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
    sqlite.setBusyTimeout(BUSY_TIMEOUT_MILLIS);
    sqlite.enforceForeignKeys(true);
    var source = new SQLiteDataSource(sqlite);
    source.setUrl("jdbc:sqlite:" + file.toAbsolutePath());
    var config = new HikariConfig();
    config.setPoolName("regild-db");
    config.setDataSource(source);
    config.setMaximumPoolSize(CONNECTIONS);
    config.setMinimumIdle(1);
    config.setMaxLifetime(0);
    return new HikariDataSource(config);
  }

  @Override
  public void migrate(HikariDataSource pool) {
    new Migrations(pool).runIfChanged();
  }

  /** Looks at the primary result code. */
  @Override
  public boolean isOfDatabase(SQLException failure) {
    return OF_DATABASE.contains(failure.getErrorCode() & 0xff);
  }

  /**
   * Rewrites the header. An UPDATE would prove nothing: SQLite skips a page whose bytes stay the
   * same, or whose change is rolled back.
   */
  @Override
  public void probe(Handle handle) {
    handle.execute("PRAGMA user_version = " + Migrations.applied(handle));
  }

  @Override
  public String name() {
    return file.toString();
  }
}
