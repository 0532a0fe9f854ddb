package dev.regild.disk.upload;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongSupplier;

/**
 * What a compressed file holds, within limits. An empty disk of 2 TiB honestly packs to a few
 * hundred KiB, so the ratio that is allowed is a large one; what is really written is limited by
 * the quota and the room on the server.
 */
final class UnpackedStream extends InputStream {
  /** So much comes out of the smallest file. */
  private static final long ALWAYS_ALLOWED = 1L << 30;

  private static final long MOST_TIMES = 10_000;

  private final DiskCompression compression;
  private final LongSupplier packedBytes;
  private final Failures failures;
  private final long alwaysAllowed;
  private final InputStream unpacked;
  private long bytes;

  /** Asks the stream below whether it has failed, and throws that if so. */
  @FunctionalInterface
  interface Failures {
    /** Fails, too, if the reader is to end. */
    void requireNone() throws IOException;
  }

  /**
   * @param packedBytes how many bytes of the compressed file have been read
   * @param failures of the stream below, which are not the file's
   */
  UnpackedStream(
      InputStream in, DiskCompression compression, LongSupplier packedBytes, Failures failures)
      throws IOException {
    this(in, compression, packedBytes, failures, ALWAYS_ALLOWED);
  }

  UnpackedStream(
      InputStream in,
      DiskCompression compression,
      LongSupplier packedBytes,
      Failures failures,
      long alwaysAllowed)
      throws IOException {
    this.compression = compression;
    this.packedBytes = packedBytes;
    this.failures = failures;
    this.alwaysAllowed = alwaysAllowed;
    this.unpacked = opened(in);
  }

  private InputStream opened(InputStream in) throws IOException {
    try {
      return compression.unpack(in);
    } catch (IOException | RuntimeException e) {
      throw meaning(e);
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    failures.requireNone();
    int n;
    try {
      n = unpacked.read(buffer, offset, length);
    } catch (IOException | RuntimeException e) {
      throw meaning(e);
    }
    bytes += Math.max(0, n);
    if (bytes > alwaysAllowed && bytes / MOST_TIMES > packedBytes.getAsLong()) {
      throw new DamagedArchiveException(
          "the %s data unpack to more than %,d times their size; send the disk as a qcow2"
              .formatted(compression.toolName(), MOST_TIMES));
    }
    return n;
  }

  /** The libraries throw what they like on damaged data. */
  private DamagedArchiveException meaning(Exception failure) throws IOException {
    failures.requireNone();
    return failure instanceof DamagedArchiveException known ? known : compression.meaning(failure);
  }

  /** Frees the memory that a library keeps outside of Java's. */
  @Override
  public void close() throws IOException {
    unpacked.close();
  }
}
