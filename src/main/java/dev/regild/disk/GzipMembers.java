package dev.regild.disk;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * The members of a gzip file, one after another (RFC 1952, section 2.2). As for gzip itself, zeros
 * may follow the last one, with which tapes and block devices fill their last block.
 */
final class GzipMembers extends InputStream {
  private final BufferedInputStream in;
  private InputStream member;
  private boolean ended;

  GzipMembers(InputStream in) throws IOException {
    this.in = new BufferedInputStream(in, 1 << 16);
    this.member = new GzipCompressorInputStream(this.in);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    while (!ended) {
      int n = member.read(buffer, offset, length);
      if (n >= 0) {
        return n;
      }
      ended = !hasNextMember();
      if (!ended) {
        member = new GzipCompressorInputStream(in);
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
}
