package dev.regild.disk;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.Optional;

/**
 * What fills a raw disk that has no partition table: one file system, or LVM's physical volume.
 *
 * @param name in blkid's word
 * @param end where it ends, in bytes from the start of the disk, as it says itself; 0 where its
 *     head does not tell
 */
record BareVolume(String name, long end) {
  private static final int EXT_SUPERBLOCK = 1024;
  private static final int BTRFS_SUPERBLOCK = 64 << 10;

  /** LVM's label lies in one of the first four sectors (lvm2, lib/label/label.h). */
  private static final int LABEL_SECTORS = 4;

  /** Looks for one; empty if the disk does not begin with one that Linux can have its root on. */
  static Optional<BareVolume> find(FileChannel disk) throws IOException {
    Optional<BareVolume> xfs = xfs(disk);
    Optional<BareVolume> ext = xfs.isPresent() ? xfs : ext(disk);
    Optional<BareVolume> btrfs = ext.isPresent() ? ext : btrfs(disk);
    return btrfs.isPresent() ? btrfs : physicalVolume(disk);
  }

  /** Big-endian; the size of a block, then their number (xfs(5), xfs_dsb). */
  private static Optional<BareVolume> xfs(FileChannel disk) throws IOException {
    ByteBuffer head = FileBytes.at(disk, 0, 16);
    return text(head, 0, 4).equals("XFSB") && head.remaining() == 16
        ? Optional.of(new BareVolume("xfs", product(head.getInt(4), head.getLong(8))))
        : Optional.empty();
  }

  /** Of ext2, ext3 and ext4 (kernel's Documentation/filesystems/ext4/super.rst). */
  private static Optional<BareVolume> ext(FileChannel disk) throws IOException {
    ByteBuffer block = FileBytes.littleEndianAt(disk, EXT_SUPERBLOCK, 1024);
    if (block.remaining() < 1024 || (block.getShort(0x38) & 0xffff) != 0xef53) {
      return Optional.empty();
    }
    boolean wide = (block.getInt(0x60) & 0x80) != 0;
    long high = wide ? Integer.toUnsignedLong(block.getInt(0x150)) << 32 : 0;
    long blocks = high | Integer.toUnsignedLong(block.getInt(0x4));
    int shift = Math.clamp(block.getInt(0x18), 0, 6);
    return Optional.of(new BareVolume("ext4", product(1024L << shift, blocks)));
  }

  /** Of a file system on this device alone; else its head tells the size of all of them. */
  private static Optional<BareVolume> btrfs(FileChannel disk) throws IOException {
    ByteBuffer block = FileBytes.littleEndianAt(disk, BTRFS_SUPERBLOCK, 0x90);
    if (block.remaining() < 0x90 || !text(block, 0x40, 8).equals("_BHRfS_M")) {
      return Optional.empty();
    }
    boolean alone = block.getLong(0x88) == 1;
    return Optional.of(new BareVolume("btrfs", alone ? Math.max(0, block.getLong(0x70)) : 0));
  }

  private static Optional<BareVolume> physicalVolume(FileChannel disk) throws IOException {
    ByteBuffer start = FileBytes.at(disk, 0, LABEL_SECTORS * 512).order(ByteOrder.LITTLE_ENDIAN);
    for (int sector = 0; sector < LABEL_SECTORS; sector++) {
      int at = sector * 512;
      if (start.remaining() >= at + 32
          && text(start, at, 8).equals("LABELONE")
          && text(start, at + 24, 8).equals("LVM2 001")) {
        return Optional.of(new BareVolume("LVM2_member", 0));
      }
    }
    return Optional.empty();
  }

  private static String text(ByteBuffer buffer, int at, int length) {
    return buffer.remaining() < at + length
        ? ""
        : ISO_8859_1.decode(buffer.slice(at, length)).toString();
  }

  /** A head that makes no sense tells a size that no disk has. */
  private static long product(long size, long count) {
    long high = Math.multiplyHigh(size, count);
    long low = size * count;
    return high == 0 && low >= 0 ? low : Long.MAX_VALUE;
  }
}
