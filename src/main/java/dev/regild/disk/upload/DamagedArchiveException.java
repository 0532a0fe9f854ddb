package dev.regild.disk.upload;

import java.io.IOException;

/**
 * A packed disk can't be unpacked, for a reason that lies in it; the message names the cause and
 * the remedy. Thrown where only an {@link IOException} can be, and told apart from a stream that
 * breaks.
 */
final class DamagedArchiveException extends IOException {
  private static final long serialVersionUID = 1L;

  DamagedArchiveException(String message) {
    super(message);
  }
}
