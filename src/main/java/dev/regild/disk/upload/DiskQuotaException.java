package dev.regild.disk.upload;

import java.io.IOException;

/** An account may not keep one more disk, or none so large; the message says how many it has. */
public final class DiskQuotaException extends IOException {
  DiskQuotaException(String message) {
    super(message);
  }
}
