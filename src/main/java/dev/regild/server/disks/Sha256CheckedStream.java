package dev.regild.server.disks;

import dev.regild.files.Sha256;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/** A stream whose end is an error if what was read hasn't the hash that was promised. */
final class Sha256CheckedStream extends FilterInputStream {
  private final MessageDigest digest;
  private final String expected;
  private boolean ended;

  Sha256CheckedStream(InputStream in, String expected) {
    super(in);
    this.expected = expected;
    this.digest = Sha256.digest();
  }

  /** The content is not what was promised. */
  static final class MismatchException extends IOException {
    private static final long serialVersionUID = 1L;

    MismatchException(String message) {
      super(message);
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int read = super.read(buffer, offset, length);
    if (read > 0) {
      digest.update(buffer, offset, read);
    } else if (read < 0 && !ended) {
      ended = true;
      String actual = Sha256.hex(digest);
      if (!actual.equals(expected)) {
        throw new MismatchException(
            "The body's SHA-256 is %s, but x-amz-content-sha256 says %s; the upload was discarded."
                .formatted(actual, expected));
      }
    }
    return read;
  }

  @Override
  public long skip(long count) throws IOException {
    throw new IOException("every byte has to be read");
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
