package dev.regild.server.backup;

import java.io.IOException;

/** A backup or a restore can't be made; the message says why, and what to do. */
public final class BackupException extends IOException {
  private static final long serialVersionUID = 1L;

  BackupException(String message) {
    super(message);
  }

  BackupException(String message, Throwable cause) {
    super(message, cause);
  }
}
