package dev.regild.disk.upload;

import java.io.IOException;

/** Bytes were sent for another place of an upload than its end. */
public final class UploadOffsetException extends IOException {
  private static final long serialVersionUID = 1L;

  private final long received;

  UploadOffsetException(String message, long received) {
    super(message);
    this.received = received;
  }

  /** Returns how many bytes the store has: where to go on. */
  public long received() {
    return received;
  }
}
