package dev.regild.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/** Reading a few bytes somewhere in a file. */
final class FileBytes {
  private FileBytes() {}

  /** Up to so many bytes from there on, fewer where the file ends; big-endian. */
  static ByteBuffer at(FileChannel channel, long offset, int length) throws IOException {
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
