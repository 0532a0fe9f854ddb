package dev.regild.disk.upload;

import dev.regild.disk.ByteCount;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.UnfitDiskException;
import dev.regild.files.Sha256;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/**
 * The file that a disk is written to as it comes. Long runs of zeros become holes. What is not a
 * disk is refused when its beginning has come.
 */
final class DiskFile implements DiskSink, Closeable {
  /** Magic numbers, partition tables and superblocks lie in it. */
  static final int HEAD_BYTES = 1 << 20;

  private static final int HOLE_BYTES = 1 << 16;

  /** Where the bytes of a disk count. */
  @FunctionalInterface
  interface Room {
    /**
     * Takes room for the next bytes, before they are written.
     *
     * @throws DiskQuotaException if the account's quota has no more
     * @throws IOException if the file system is filling up
     */
    void take(int bytes) throws IOException;
  }

  private final Path file;
  private final Room room;
  private final long mostBytes;
  private final FileChannel channel;
  private final MessageDigest sha256 = Sha256.digest();
  private long bytes;
  private boolean headIsKnown;

  /**
   * @param file is there, and empty
   * @param room is asked before anything is written
   */
  DiskFile(Path file, Room room, long mostBytes) throws IOException {
    this.file = file;
    this.room = room;
    this.mostBytes = mostBytes;
    this.channel = FileChannel.open(file, StandardOpenOption.WRITE);
  }

  @Override
  public boolean write(byte[] buffer, int offset, int length)
      throws IOException, UnfitDiskException {
    if (length > mostBytes - bytes) {
      throw new UnfitDiskException(
          "the disk is larger than %s, which is the most that is taken"
              .formatted(ByteCount.text(mostBytes)));
    }
    room.take(length);
    sha256.update(buffer, offset, length);
    for (int at = 0; at < length; at += HOLE_BYTES) {
      int piece = Math.min(HOLE_BYTES, length - at);
      if (!Heads.isZero(buffer, offset + at, piece)) {
        writeAt(bytes + at, ByteBuffer.wrap(buffer, offset + at, piece));
      }
    }
    bytes += length;
    if (!headIsKnown && bytes >= HEAD_BYTES) {
      requireDisk();
    }
    return true;
  }

  /** Gives the file its length, and looks at its beginning if that was too short before. */
  void finish() throws IOException, UnfitDiskException {
    fillUp();
    if (!headIsKnown) {
      requireDisk();
    }
  }

  private void requireDisk() throws IOException, UnfitDiskException {
    fillUp();
    var _ = DiskCheck.detect(file);
    headIsKnown = true;
  }

  /** A hole at the end does not count until something follows it. */
  private void fillUp() throws IOException {
    if (channel.size() < bytes) {
      writeAt(bytes - 1, ByteBuffer.wrap(new byte[1]));
    }
  }

  private void writeAt(long position, ByteBuffer content) throws IOException {
    long at = position;
    while (content.hasRemaining()) {
      at += channel.write(content, at);
    }
  }

  /** The size of the disk's file. */
  long bytes() {
    return bytes;
  }

  /** Of all of it, lower-case hexadecimal; to be asked for once, at the end. */
  String sha256() {
    return Sha256.hex(sha256);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
