package dev.regild.server.migration;

import java.io.IOException;

/** A registry can't be moved; the message says why, and what to do. */
public final class MigrationException extends IOException {
  private static final long serialVersionUID = 1L;

  MigrationException(String message) {
    super(message);
  }
}
