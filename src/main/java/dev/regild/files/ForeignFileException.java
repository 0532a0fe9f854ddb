package dev.regild.files;

import java.io.IOException;

/** A file or directory that another user made or can change, and that is therefore not used. */
final class ForeignFileException extends IOException {
  private static final long serialVersionUID = 1;

  ForeignFileException(String message) {
    super(message);
  }

  ForeignFileException(String message, Throwable cause) {
    super(message, cause);
  }
}
