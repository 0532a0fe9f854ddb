package dev.regild.server.backup;

import dev.regild.db.Database;
import dev.regild.db.PostgresAddress;
import java.io.IOException;
import org.jdbi.v3.core.Handle;

/**
 * An advisory lock of a registry's database, for nodes that have data directories of their own. A
 * transaction holds it, because a pooler in transaction mode keeps nothing else together; one that
 * has read nothing holds up no vacuum.
 */
final class PostgresBackupLock implements BackupLock {
  /** "backup", in ASCII. */
  private static final long KEY = 0x6261636b7570L;

  private final PostgresAddress address;
  private final Database database;
  private final Handle handle;

  private PostgresBackupLock(PostgresAddress address, Database database, Handle handle) {
    this.address = address;
    this.database = database;
    this.handle = handle;
  }

  /**
   * Takes the lock.
   *
   * @throws BackupException if another backup has it
   */
  static BackupLock take(PostgresAddress address) throws IOException {
    PostgresBackupLock lock = connect(address);
    boolean taken = false;
    try {
      taken = lock.tryTake();
    } catch (RuntimeException e) {
      throw new IOException(e.getMessage(), e);
    } finally {
      if (!taken) {
        lock.close();
      }
    }
    if (!taken) {
      throw new BackupException(
          "Another node is making a backup of the registry in %s. Wait until it has finished."
              .formatted(address));
    }
    return lock;
  }

  private static PostgresBackupLock connect(PostgresAddress address) throws IOException {
    Database database = PostgresSource.open(address);
    try {
      return new PostgresBackupLock(address, database, database.jdbi().open());
    } catch (RuntimeException e) {
      database.close();
      throw new IOException(e.getMessage(), e);
    }
  }

  private boolean tryTake() {
    handle.begin();
    handle.execute("SET LOCAL idle_in_transaction_session_timeout = 0");
    return handle
        .createQuery("SELECT pg_try_advisory_xact_lock(:key)")
        .bind("key", KEY)
        .mapTo(Boolean.class)
        .one();
  }

  @Override
  public void requireHeld() throws IOException {
    try {
      // The lock is held as long as its transaction lives.
      handle.execute("SELECT 1");
    } catch (RuntimeException e) {
      throw new BackupException(
          "The connection to the database %s was lost during the backup. What was copied stays: run the backup again to go on."
              .formatted(address),
          e);
    }
  }

  @Override
  public void close() {
    try (Database _ = database;
        Handle closing = handle) {
      if (closing.isInTransaction()) {
        closing.rollback();
      }
    } catch (RuntimeException e) {
      // The connection was lost, and the lock with it.
    }
  }
}
