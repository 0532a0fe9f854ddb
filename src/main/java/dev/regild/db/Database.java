package dev.regild.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.HandleConsumer;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * The embedded database: one SQLite file in write-ahead mode, with every commit on the disk when it
 * returns. Its file can be read by its owner alone.
 *
 * <p>The classes of the registry take a {@link Handle} for each call, so that a caller decides what
 * belongs together: {@code database.inTransaction(handle -> ...)} for what changes something,
 * {@code database.read(handle -> ...)} for what only looks.
 */
public final class Database implements AutoCloseable {
  private static final int CONNECTIONS = 8;
  private static final int BUSY_TIMEOUT_MILLIS = 10_000;

  /** READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB. */
  private static final Set<Integer> OF_DATABASE = Set.of(8, 10, 11, 13, 14, 26);

  private final HikariDataSource dataSource;
  private final Jdbi jdbi;

  /**
   * SQLite has one writer at a time. Who waits here waits in turn, and doesn't hold a carrier
   * thread in SQLite's own sleep as it would there; the busy timeout stays for writers elsewhere.
   */
  private final ReentrantLock writing = new ReentrantLock(true);

  private volatile @Nullable String writeProblem;

  private Database(HikariDataSource dataSource) {
    this.dataSource = dataSource;
    this.jdbi = Jdbi.create(dataSource);
  }

  /**
   * Opens the database, makes it if it isn't there, and brings its tables up to date.
   *
   * @throws IOException if the file can't be made
   * @throws IllegalStateException if it is no database of this version or an earlier one
   */
  public static Database open(Path file) throws IOException {
    if (Files.notExists(file)) {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    HikariDataSource dataSource = null;
    try {
      dataSource = pool(file);
      new Migrations(dataSource).run();
      return new Database(dataSource);
    } catch (RuntimeException e) {
      if (dataSource != null) {
        dataSource.close();
      }
      throw new IllegalStateException(
          "Cannot open the database %s: %s. Use a separate data directory for this version, or restore its backup."
              .formatted(file, e.getMessage()),
          e);
    }
  }

  /** For jobs that keep their own connections; each statement commits by itself. */
  DataSource dataSource() {
    return dataSource;
  }

  public Jdbi jdbi() {
    return jdbi;
  }

  /**
   * A data source whose connections are the handle's own, so that a part which wants a data source
   * (the job scheduler's client) writes inside the handle's transaction. Closing them does nothing.
   */
  static DataSource joining(Handle handle) {
    return new JoiningDataSource(handle.getConnection());
  }

  /**
   * Runs all of the work or none of it. It sees no half-done work of others, and what it read stays
   * true until it has committed.
   *
   * @throws IllegalStateException if the thread is inside a transaction already
   */
  public <T, X extends Exception> T inTransaction(HandleCallback<T, X> work) throws X {
    if (writing.isHeldByCurrentThread()) {
      throw new IllegalStateException(
          "This thread is inside a transaction; hand its handle on instead of opening another.");
    }
    writing.lock();
    try {
      return committed(work);
    } finally {
      writing.unlock();
    }
  }

  /**
   * Why the last transaction failed, if that was for the database's own sake: its disk is full or
   * read-only, its file is damaged. Empty once another one has succeeded.
   */
  public Optional<String> writeProblem() {
    return Optional.ofNullable(writeProblem);
  }

  /**
   * Tries a transaction that writes a page as it was, unless somebody is writing, to see whether
   * what {@link #writeProblem} tells of has passed. Waits for nobody.
   */
  public void retryWriting() {
    if (writing.isHeldByCurrentThread() || !writing.tryLock()) {
      return;
    }
    try {
      // An UPDATE would prove nothing: SQLite writes no page whose bytes stay the same, and none
      // that is rolled back.
      committed(handle -> handle.execute("PRAGMA user_version = " + Migrations.applied(handle)));
    } catch (RuntimeException e) {
      // It is what the problem says now.
    } finally {
      writing.unlock();
    }
  }

  private <T, X extends Exception> T committed(HandleCallback<T, X> work) throws X {
    try {
      T result = jdbi.inTransaction(work);
      writeProblem = null;
      return result;
    } catch (RuntimeException e) {
      if (isOfDatabase(e)) {
        writeProblem = String.valueOf(e.getMessage());
      }
      throw e;
    }
  }

  /** The primary result codes of SQLite that no other transaction would be spared. */
  private static boolean isOfDatabase(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        int primary = sql.getErrorCode() & 0xff;
        return OF_DATABASE.contains(primary);
      }
    }
    return false;
  }

  /** {@link #inTransaction} for work that has no result. */
  public <X extends Exception> void useTransaction(HandleConsumer<X> work) throws X {
    inTransaction(handle -> {
      work.useHandle(handle);
      return true;
    });
  }

  /** Runs work that only reads; each of its statements sees the last commit before it. */
  public <T, X extends Exception> T read(HandleCallback<T, X> work) throws X {
    return jdbi.withHandle(work);
  }

  @Override
  public void close() {
    dataSource.close();
  }

  private static HikariDataSource pool(Path file) {
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
}
