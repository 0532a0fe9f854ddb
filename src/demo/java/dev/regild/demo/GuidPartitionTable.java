package dev.regild.demo;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_16LE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32;

/**
 * A GUID partition table with its protective MBR and its backup, as the UEFI specification 2.10,
 * chapter 5, lays it out for sectors of 512 bytes.
 */
public final class GuidPartitionTable {
  private static final int SECTOR = 512;
  private static final int ENTRIES = 128;
  private static final int ENTRY_BYTES = 128;
  private static final long TABLE_SECTORS = (long) ENTRIES * ENTRY_BYTES / SECTOR;
  private static final int HEADER_BYTES = 92;

  /**
   * A partition.
   *
   * @param type its type GUID
   * @param first its first sector
   * @param last its last sector, inclusive
   */
  public record Partition(UUID type, String name, long first, long last) {
    long sectors() {
      return last - first + 1;
    }
  }

  private final long diskSectors;
  private final UUID id = UUID.randomUUID();
  private final ByteBuffer entries = sectors(TABLE_SECTORS);

  public GuidPartitionTable(long diskSectors, Partition... partitions) {
    this.diskSectors = diskSectors;
    for (Partition partition : List.of(partitions)) {
      putGuid(entries, partition.type());
      putGuid(entries, UUID.randomUUID());
      entries.putLong(partition.first()).putLong(partition.last()).putLong(0);
      byte[] name = partition.name().getBytes(UTF_16LE);
      entries.put(name).position(entries.position() + 72 - name.length);
    }
    entries.rewind();
  }

  /** Writes it to a disk, which becomes as long as the table says. */
  public void write(FileChannel disk) throws IOException {
    long backup = diskSectors - 1;
    writeFully(disk, protectiveMbr(), 0);
    writeFully(disk, header(1, backup, 2), SECTOR);
    writeFully(disk, entries.duplicate(), 2 * SECTOR);
    writeFully(disk, entries.duplicate(), (backup - TABLE_SECTORS) * SECTOR);
    writeFully(disk, header(backup, 1, backup - TABLE_SECTORS), backup * SECTOR);
  }

  static void writeFully(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  private ByteBuffer protectiveMbr() {
    ByteBuffer mbr = sectors(1);
    mbr.put(0x1be + 2, (byte) 2).put(0x1be + 4, (byte) 0xee);
    mbr.putShort(0x1be + 5, (short) 0xffff).put(0x1be + 7, (byte) 0xff);
    mbr.putInt(0x1be + 8, 1);
    mbr.putInt(0x1be + 12, (int) Math.min(diskSectors - 1, 0xffffffffL));
    return mbr.putShort(0x1fe, (short) 0xaa55);
  }

  private ByteBuffer header(long here, long other, long table) {
    ByteBuffer header = sectors(1);
    header.put("EFI PART".getBytes(US_ASCII)).putInt(0x00010000).putInt(HEADER_BYTES).putLong(0);
    header.putLong(here).putLong(other);
    header.putLong(2 + TABLE_SECTORS).putLong(diskSectors - TABLE_SECTORS - 2);
    putGuid(header, id);
    header.putLong(table).putInt(ENTRIES).putInt(ENTRY_BYTES).putInt(crc(entries.duplicate()));
    header.rewind();
    return header.putInt(16, crc(header.duplicate().limit(HEADER_BYTES)));
  }

  private static int crc(ByteBuffer bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** The first three fields of a GUID are little-endian on the disk, the rest are bytes. */
  private static void putGuid(ByteBuffer buffer, UUID guid) {
    long high = guid.getMostSignificantBits();
    buffer.putInt((int) (high >>> 32)).putShort((short) (high >>> 16)).putShort((short) high);
    buffer.putLong(Long.reverseBytes(guid.getLeastSignificantBits()));
  }

  private static ByteBuffer sectors(long count) {
    return ByteBuffer.allocate((int) (count * SECTOR)).order(ByteOrder.LITTLE_ENDIAN);
  }
}
