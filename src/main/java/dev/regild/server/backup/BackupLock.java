package dev.regild.server.backup;

import java.io.IOException;

/** Keeps other backups of the same registry off until it is closed. */
interface BackupLock extends AutoCloseable {
  /**
   * Checks that it was not lost. Without it, another backup may have removed contents that this one
   * counts on.
   *
   * @throws BackupException if it was lost
   */
  void requireHeld() throws IOException;

  @Override
  void close();
}
