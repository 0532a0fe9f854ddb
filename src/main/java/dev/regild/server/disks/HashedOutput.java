package dev.regild.server.disks;

import dev.regild.files.Sha256;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.function.Consumer;

/**
 * Hashes what is sent, and tells its hash before the last of it goes: whoever has received all
 * finds the statement about it.
 */
final class HashedOutput extends FilterOutputStream {
  private final MessageDigest digest = Sha256.digest();
  private final Consumer<String> complete;
  private long left;

  /**
   * @param bytes that will be written
   * @param complete is called with the SHA-256 of all of them
   */
  HashedOutput(OutputStream out, long bytes, Consumer<String> complete) {
    super(out);
    this.left = bytes;
    this.complete = complete;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    digest.update(bytes, offset, length);
    left -= length;
    if (left == 0 && length > 0) {
      complete.accept(Sha256.hex(digest));
    }
    out.write(bytes, offset, length);
  }
}
