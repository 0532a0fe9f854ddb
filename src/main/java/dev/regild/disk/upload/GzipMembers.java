package dev.regild.disk.upload;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * The members of a gzip file, one after another (RFC 1952, section 2.2). As for gzip itself, zeros
 * may follow the last one, with which tapes and block devices fill their last block.
 */
final class GzipMembers extends InputStream {
  /** A name and a comment have no length of their own, and the library keeps both. */
  private static final int MOST_HEADER_BYTES = 1 << 16;

  private final Members in;
  private GzipCompressorInputStream member;
  private boolean ended;
  private boolean closed;

  GzipMembers(InputStream in) throws IOException {
    this.in = new Members(new BufferedInputStream(in, 1 << 16));
    this.member = nextMember();
  }

  private GzipCompressorInputStream nextMember() throws IOException {
    in.headerBegins();
    try {
      return new GzipCompressorInputStream(in);
    } finally {
      in.headerEnds();
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (closed) {
      throw new IOException("the stream is closed");
    }
    while (!ended) {
      int n = member.read(buffer, offset, length);
      if (n >= 0) {
        return n;
      }
      ended = !hasNextMember();
      if (!ended) {
        member = nextMember();
      }
    }
    return -1;
  }

  private boolean hasNextMember() throws IOException {
    in.mark(1);
    int first = in.read();
    if (first > 0) {
      in.reset();
      return true;
    }
    while (first == 0) {
      first = in.read();
    }
    if (first > 0) {
      throw new IOException("other bytes follow its end");
    }
    return false;
  }

  /** Frees the memory that zlib keeps outside of Java's, and closes the stream below. */
  @Override
  public void close() throws IOException {
    closed = true;
    member.close();
  }

  /** Gives a header no more than its share. */
  private static final class Members extends FilterInputStream {
    private boolean inHeader;
    private int headerBytes;

    Members(BufferedInputStream in) {
      super(in);
    }

    void headerBegins() {
      inHeader = true;
      headerBytes = 0;
    }

    void headerEnds() {
      inHeader = false;
    }

    @Override
    public int read() throws IOException {
      int read = in.read();
      count(1);
      return read;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int n = in.read(buffer, offset, length);
      count(Math.max(0, n));
      return n;
    }

    private void count(int n) throws IOException {
      headerBytes += inHeader ? n : 0;
      if (headerBytes > MOST_HEADER_BYTES) {
        throw new DamagedArchiveException(
            "a header in the gzip data takes more than 64 KiB; pack the disk again with: gzip --no-name");
      }
    }
  }
}
