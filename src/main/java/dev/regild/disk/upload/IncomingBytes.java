package dev.regild.disk.upload;

import dev.regild.files.Sha256;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.security.MessageDigest;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A file as somebody sends it: counted and hashed. Its own failures are remembered, so that they
 * are told apart from those of what unpacks it.
 */
final class IncomingBytes extends FilterInputStream {
  private final OptionalLong declared;
  private final MessageDigest sha256 = Sha256.digest();
  private long bytes;
  private @Nullable Exception failure;

  /**
   * @param declared how long the sender says that it is
   */
  IncomingBytes(InputStream in, OptionalLong declared) {
    super(in);
    this.declared = declared;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    try {
      int n = in.read(buffer, offset, length);
      if (n > 0) {
        count(buffer, offset, n);
      } else if (n < 0) {
        requireWhole();
      }
      return n;
    } catch (IOException | RuntimeException e) {
      failure = e;
      throw e;
    }
  }

  private void count(byte[] buffer, int offset, int n) throws IOException {
    bytes += n;
    if (bytes > declared.orElse(Long.MAX_VALUE)) {
      throw new IOException(
          "the upload is longer than the declared %d bytes".formatted(declared.getAsLong()));
    }
    sha256.update(buffer, offset, n);
  }

  private void requireWhole() throws EOFException {
    if (declared.isPresent() && bytes != declared.getAsLong()) {
      throw new EOFException(
          "the upload ended after %d of %d bytes".formatted(bytes, declared.getAsLong()));
    }
  }

  /** Every byte has to be hashed. */
  @Override
  public long skip(long count) throws IOException {
    byte[] buffer = new byte[Math.clamp(count, 0, 1 << 16)];
    return Math.max(0, read(buffer, 0, buffer.length));
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  /**
   * Throws again what reading it has thrown, if that has failed. Fails in a thread that is
   * interrupted, too: a few bytes can take long to unpack.
   */
  void requireUnbroken() throws IOException {
    switch (failure) {
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case null, default -> {}
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("interrupted while unpacking the disk");
    }
  }

  /** How many bytes have come. */
  long bytes() {
    return bytes;
  }

  /** Of all that has come, lower-case hexadecimal; to be asked for once, at the end. */
  String sha256() {
    return Sha256.hex(sha256);
  }
}
