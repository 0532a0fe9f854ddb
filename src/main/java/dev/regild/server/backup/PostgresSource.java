package dev.regild.server.backup;

import dev.regild.account.MasterKey;
import dev.regild.db.Database;
import dev.regild.db.PostgresAddress;
import java.io.IOException;
import java.nio.file.Path;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;

/**
 * A registry in PostgreSQL. {@code pg_dump} and we read the same snapshot, which one transaction
 * exports, so the dump names exactly the objects that we copy.
 */
record PostgresSource(PostgresAddress address) implements RegistryCopy.Source {
  @Override
  public Manifest.DatabaseKind kind() {
    return Manifest.DatabaseKind.POSTGRESQL;
  }

  @Override
  public BackupLock lock() throws IOException {
    return PostgresBackupLock.take(address);
  }

  @Override
  public RegistryCopy copy(Path directory, MasterKey masterKey)
      throws IOException, InterruptedException {
    Path dump = directory.resolve("regild.dump");
    try (Database database = open(address);
        Handle handle = database.jdbi().open()) {
      handle.begin();
      handle.setTransactionIsolationLevel(TransactionIsolationLevel.REPEATABLE_READ);
      handle.execute("SET TRANSACTION READ ONLY");
      // The transaction waits for pg_dump.
      handle.execute("SET LOCAL idle_in_transaction_session_timeout = 0");
      String snapshot = handle.createQuery("SELECT pg_export_snapshot()").mapTo(String.class).one();
      RegistryCopy copy = RegistryCopy.read(handle, dump, masterKey);
      new PostgresPrograms(address).dump(snapshot, dump);
      handle.rollback();
      return copy;
    }
  }

  /** Opens the database only to look at it. */
  static Database open(PostgresAddress address) throws IOException {
    try {
      return Database.inspect(address);
    } catch (RuntimeException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
