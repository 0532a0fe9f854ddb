package dev.regild.disk.contents;

import java.io.IOException;

/** A disk that is damaged, or of a form that isn't read here; the message says which. */
public final class UnusualDiskException extends IOException {
  private static final long serialVersionUID = 1L;

  public UnusualDiskException(String message) {
    super(message);
  }
}
