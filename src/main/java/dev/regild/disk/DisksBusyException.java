package dev.regild.disk;

import java.io.IOException;
import java.time.Duration;

/** There was no turn for the check or the unpacking of a disk; the message says what to do. */
public final class DisksBusyException extends IOException {
  private static final long serialVersionUID = 1L;

  public DisksBusyException(Duration waited) {
    super(
        "The server is busy checking other disks, and this one waited for %d s. Try again later."
            .formatted(waited.toSeconds()));
  }

  public DisksBusyException(String message) {
    super(message);
  }
}
