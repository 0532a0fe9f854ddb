package dev.regild.server.backup;

import dev.regild.files.Sha256;

/**
 * Bytes that a backup target keeps once, whatever number of backups has them.
 *
 * @param sha256 lower-case hexadecimal
 * @param bytes their number
 */
record Content(String sha256, long bytes) {
  Content {
    if (!Sha256.isHex(sha256) || bytes < 0) {
      throw new IllegalArgumentException("'%s' of %d bytes is no content".formatted(sha256, bytes));
    }
  }
}
