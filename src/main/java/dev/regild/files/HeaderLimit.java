package dev.regild.files;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Supplier;

/**
 * The bytes of a tar archive from anybody: it knows where it is, and gives headers no more than
 * their share. The tar library reads names and attributes of any length into memory, and calls
 * itself for each header that belongs to the next.
 */
public final class HeaderLimit extends FilterInputStream {
  private final long most;
  private final Supplier<IOException> tooMany;
  private boolean inHeader;
  private long headerBytes;
  private long position;

  /**
   * Limits the headers of an archive, or of the rest of one.
   *
   * @param most how many bytes all headers together may take
   * @param tooMany what is thrown if they take more
   */
  public HeaderLimit(InputStream in, long most, Supplier<IOException> tooMany) {
    super(in);
    this.most = most;
    this.tooMany = tooMany;
  }

  /** What is read from here on is of headers. */
  public void headerBegins() {
    inHeader = true;
  }

  /** What is read from here on is of files. */
  public void headerEnds() {
    inHeader = false;
  }

  /** Returns how many bytes were read or skipped. */
  public long position() {
    return position;
  }

  /** Skips to a position that is not behind; returns false if the archive ends before it. */
  public boolean skipTo(long target) throws IOException {
    while (position < target) {
      long skipped = in.skip(target - position);
      if (skipped <= 0) {
        return false;
      }
      position += skipped;
    }
    return true;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    // Where a file is sparse, the library takes less than what was asked for as the end.
    int whole = in.readNBytes(buffer, offset, length);
    int n = whole == 0 && length > 0 ? -1 : whole;
    position += Math.max(0, n);
    headerBytes += inHeader ? Math.max(0, n) : 0;
    if (headerBytes > most) {
      throw tooMany.get();
    }
    return n;
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
