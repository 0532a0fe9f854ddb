package dev.regild.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The header of a hosted sparse extent and the descriptor in it (VMware's "Virtual Disk Format
 * 5.0"), read as QEMU's {@code block/vmdk.c} reads them: the descriptor is the text from the second
 * sector to the first NUL, whatever the header says of its place and size, and the footer of a
 * stream stands in the header's place.
 *
 * @param virtualBytes the size of the disk that a guest sees
 * @param descriptor the text that names the extent
 */
record VmdkHeader(long virtualBytes, VmdkDescriptor descriptor) {
  /** {@code KDMV}, at the start of the file. */
  static final int MAGIC = 0x4b444d56;

  private static final int SECTOR = 512;
  private static final int CAPACITY = 12;
  private static final int DESCRIPTOR_OFFSET = 28;
  private static final int DIRECTORY_OFFSET = 56;

  /** The directory's offset in the header of a stream, whose footer has the right one. */
  private static final long AT_END = -1;

  /** From the end of a stream: a marker, the footer, and the marker of the end. */
  private static final long FOOTER_FROM_END = 2 * SECTOR;

  /** QEMU reads so much of it, and takes the last byte for a NUL. */
  private static final int DESCRIPTOR_BYTES = 20 * SECTOR;

  static VmdkHeader read(Path disk) throws IOException, UnfitDiskException {
    try (FileChannel channel = FileChannel.open(disk)) {
      ByteBuffer header = sector(channel, 0);
      long capacity = header.getLong(CAPACITY);
      long descriptor = header.getLong(DESCRIPTOR_OFFSET);
      if (capacity <= 0 || descriptor == 0) {
        throw new UnfitDiskException(
            "the disk is one extent of a vmdk of several files; convert it with: "
                + "qemu-img convert -f vmdk -O qcow2 DESCRIPTOR.vmdk NEW.qcow2");
      }
      if (descriptor != 1) {
        throw VmdkDescriptor.doubtful(
            "its header places the descriptor in sector %d, where QEMU doesn't read it"
                .formatted(descriptor));
      }
      if (header.getLong(DIRECTORY_OFFSET) == AT_END) {
        requireFooter(channel, capacity);
      }
      ByteBuffer text = FileBytes.at(channel, SECTOR, DESCRIPTOR_BYTES - 1);
      return new VmdkHeader(
          Math.multiplyExact(capacity, (long) SECTOR),
          VmdkDescriptor.parse(StandardCharsets.ISO_8859_1.decode(text).toString()));
    }
  }

  private static ByteBuffer sector(FileChannel channel, long at)
      throws IOException, UnfitDiskException {
    ByteBuffer sector = FileBytes.littleEndianAt(channel, Math.max(0, at), SECTOR);
    if (sector.remaining() < SECTOR) {
      throw new UnfitDiskException("the disk is truncated: its vmdk header is incomplete");
    }
    return sector;
  }

  private static void requireFooter(FileChannel channel, long capacity)
      throws IOException, UnfitDiskException {
    ByteBuffer footer = sector(channel, channel.size() - FOOTER_FROM_END);
    boolean whole = channel.size() % SECTOR == 0 && Integer.reverseBytes(footer.getInt(0)) == MAGIC;
    if (!whole) {
      throw new UnfitDiskException(
          "the disk is truncated: the footer of its vmdk stream is missing; upload it again");
    }
    if (footer.getLong(CAPACITY) != capacity) {
      throw VmdkDescriptor.doubtful("its header and its footer give different sizes");
    }
  }
}
