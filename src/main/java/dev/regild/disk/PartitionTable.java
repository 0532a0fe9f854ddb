package dev.regild.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/** What a raw disk's partition table says of the disk's size: all that detection needs of it. */
final class PartitionTable {
  private static final int SECTOR = 512;

  /** Of disks whose sectors are larger: their GPT lies one of those from the start. */
  private static final int LARGE_SECTOR = 4096;

  private static final int MBR_ENTRIES = 446;
  private static final int PROTECTIVE = 0xee;
  private static final int MAX_GPT_ENTRIES = 1024;

  private PartitionTable() {}

  static boolean hasMbrSignature(FileChannel disk) throws IOException {
    ByteBuffer sector = FileBytes.littleEndianAt(disk, 0, SECTOR);
    return sector.remaining() == SECTOR && (sector.getShort(510) & 0xffff) == 0xaa55;
  }

  static boolean hasGptSignature(FileChannel disk) throws IOException {
    return hasGptSignature(disk, SECTOR) || hasGptSignature(disk, LARGE_SECTOR);
  }

  private static boolean hasGptSignature(FileChannel disk, int sector) throws IOException {
    ByteBuffer header = FileBytes.at(disk, sector, 8);
    return header.remaining() == 8
        && StandardCharsets.ISO_8859_1.decode(header).toString().equals("EFI PART");
  }

  /** Where the last partition ends, in bytes; 0 for a disk without partitions. */
  static long end(FileChannel disk) throws IOException {
    if (hasGptSignature(disk, SECTOR)) {
      return gptEnd(disk, SECTOR);
    }
    return hasGptSignature(disk, LARGE_SECTOR) ? gptEnd(disk, LARGE_SECTOR) : mbrEnd(disk);
  }

  /** UEFI 2.10, section 5.2.1; an extended partition's end covers the logical ones within. */
  private static long mbrEnd(FileChannel disk) throws IOException {
    if (!hasMbrSignature(disk)) {
      return 0;
    }
    ByteBuffer sector = FileBytes.littleEndianAt(disk, 0, SECTOR);
    long end = 0;
    for (int i = 0; i < 4; i++) {
      int entry = MBR_ENTRIES + 16 * i;
      int type = sector.get(entry + 4) & 0xff;
      long first = Integer.toUnsignedLong(sector.getInt(entry + 8));
      long count = Integer.toUnsignedLong(sector.getInt(entry + 12));
      if (type != 0 && type != PROTECTIVE) {
        end = Math.max(end, (first + count) * SECTOR);
      }
    }
    return end;
  }

  /** UEFI 2.10, section 5.3.2. */
  private static long gptEnd(FileChannel disk, int sector) throws IOException {
    ByteBuffer header = FileBytes.littleEndianAt(disk, sector, 92);
    if (header.remaining() < 92) {
      return 0;
    }
    long table = header.getLong(72) * sector;
    int entries = Math.clamp(header.getInt(80), 0, MAX_GPT_ENTRIES);
    int entryBytes = Math.clamp(header.getInt(84), 128, 4096);
    long end = 0;
    for (int i = 0; i < entries; i++) {
      ByteBuffer entry = FileBytes.littleEndianAt(disk, table + (long) i * entryBytes, 48);
      boolean used = entry.remaining() == 48 && (entry.getLong(0) | entry.getLong(8)) != 0;
      if (used) {
        end = Math.max(end, (entry.getLong(40) + 1) * sector);
      }
    }
    return end;
  }
}
