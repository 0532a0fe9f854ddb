package dev.regild.store;

import java.io.IOException;

/**
 * A file on this machine can't be read or written: not the store's fault, so the call is not
 * repeated.
 */
final class LocalFileException extends IOException {
  private static final long serialVersionUID = 1L;

  LocalFileException(String message, Throwable cause) {
    super(message, cause);
  }

  LocalFileException(String message) {
    super(message);
  }
}
