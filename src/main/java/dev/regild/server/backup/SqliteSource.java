package dev.regild.server.backup;

import dev.regild.account.MasterKey;
import dev.regild.db.SqliteCopy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The embedded registry of a data directory. */
record SqliteSource(Path data) implements RegistryCopy.Source {
  @Override
  public Manifest.DatabaseKind kind() {
    return Manifest.DatabaseKind.SQLITE;
  }

  /** The lock of the data directory suffices: no other has this registry. */
  @Override
  public BackupLock lock() {
    return new BackupLock() {
      @Override
      public void requireHeld() {
        // A file's lock can't be lost.
      }

      @Override
      public void close() {
        // Nothing is held.
      }
    };
  }

  @Override
  public RegistryCopy copy(Path directory, MasterKey masterKey) throws IOException {
    Path copy = directory.resolve("regild.db");
    Files.deleteIfExists(copy);
    SqliteCopy.write(data.resolve("regild.db"), copy);
    return SqliteCopy.read(copy, handle -> RegistryCopy.read(handle, copy, masterKey));
  }
}
