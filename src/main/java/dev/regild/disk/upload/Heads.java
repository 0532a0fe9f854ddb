package dev.regild.disk.upload;

import dev.regild.disk.UnfitDiskException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Looking at the beginning of a stream, and copying a disk to where it goes. */
final class Heads {
  /** Enough for every magic number of {@link DiskCompression}, and for a header of tar. */
  static final int BYTES = 512;

  private static final int PIECE = 1 << 20;
  private static final byte[] ZEROS = new byte[1 << 16];

  private Heads() {}

  /** The first bytes, fewer where the stream ends; they are read again afterwards. */
  static byte[] peek(BufferedInputStream stream) throws IOException {
    stream.mark(BYTES);
    byte[] head = stream.readNBytes(BYTES);
    stream.reset();
    return head;
  }

  /**
   * Hands a stream to a sink.
   *
   * @return whether that was all of it; otherwise the sink wanted no more
   */
  static boolean copy(InputStream stream, DiskSink sink) throws IOException, UnfitDiskException {
    byte[] buffer = new byte[PIECE];
    for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
      if (n > 0 && !sink.write(buffer, 0, n)) {
        return false;
      }
    }
    return true;
  }

  static boolean isZero(byte[] buffer, int offset, int length) {
    for (int at = 0; at < length; at += ZEROS.length) {
      int piece = Math.min(ZEROS.length, length - at);
      int from = offset + at;
      if (!Arrays.equals(buffer, from, from + piece, ZEROS, 0, piece)) {
        return false;
      }
    }
    return true;
  }
}
