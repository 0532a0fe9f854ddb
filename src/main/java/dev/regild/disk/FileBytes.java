package dev.regild.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/** Reading a few bytes somewhere in a file. */
final class FileBytes {
  private FileBytes() {}

  /**
   * Up to so many bytes from there on, fewer where the file ends; big-endian.
   *
   * @param offset as a disk's header says it: before the file, as far behind it, there is nothing
   */
  static ByteBuffer at(FileChannel channel, long offset, int length) throws IOException {
    if (offset < 0 || offset > Long.MAX_VALUE - length) {
      return ByteBuffer.allocate(0);
    }
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) >= 0) {
      // A read may return less than was asked for.
    }
    return buffer.flip();
  }

  static ByteBuffer littleEndianAt(FileChannel channel, long offset, int length)
      throws IOException {
    return at(channel, offset, length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
