package dev.regild.disk.contents;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * The partitions of a disk with sectors of 512 bytes.
 *
 * @param gpt whether the table is a GPT; otherwise it is an MBR with primary partitions only
 * @param all in the order of the table
 */
public record Partitions(boolean gpt, List<Partition> all) {
  private static final int SECTOR = 512;
  private static final long MOST_SECTORS = 1L << 40;

  private static final int MBR_ENTRIES = 446;
  private static final int PROTECTIVE = 0xee;
  private static final Set<Integer> EXTENDED = Set.of(0x05, 0x0f, 0x85);

  /** "EFI PART", as a number. */
  private static final long GPT_SIGNATURE = 0x5452415020494645L;

  private static final int GPT_HEADER_BYTES = 92;
  private static final int GPT_ENTRY_BYTES = 128;
  private static final int MOST_GPT_ENTRIES = 1024;

  public Partitions {
    all = List.copyOf(all);
  }

  /**
   * A partition.
   *
   * @param number as the kernel counts, from 1
   * @param offset bytes from the start of the disk
   * @param size bytes
   * @param type the GUID of its type, in capitals; empty in an MBR
   * @param uuid its own, in small letters; empty in an MBR
   */
  public record Partition(int number, long offset, long size, String type, String uuid) {}

  /**
   * Reads a disk's table.
   *
   * @throws UnusualDiskException if there is none, or it is damaged or of another form
   */
  public static Partitions read(DiskBytes disk) throws IOException {
    ByteBuffer sector = disk.read(0, SECTOR);
    if ((sector.getShort(510) & 0xffff) != 0xaa55) {
      throw new UnusualDiskException("there is no partition table");
    }
    List<Partition> primary = new ArrayList<>();
    boolean protective = false;
    for (int i = 0; i < 4; i++) {
      int entry = MBR_ENTRIES + 16 * i;
      int type = sector.get(entry + 4) & 0xff;
      if (EXTENDED.contains(type)) {
        throw new UnusualDiskException("there are logical partitions");
      }
      protective |= type == PROTECTIVE;
      if (type != 0) {
        long first = Integer.toUnsignedLong(sector.getInt(entry + 8));
        long sectors = Integer.toUnsignedLong(sector.getInt(entry + 12));
        primary.add(partition(i + 1, first, sectors, "", ""));
      }
    }
    if (protective && primary.size() > 1) {
      throw new UnusualDiskException("an MBR has partitions beside a GPT");
    }
    boolean gpt = disk.read(SECTOR, 8).getLong(0) == GPT_SIGNATURE;
    if (gpt != protective) {
      throw new UnusualDiskException("the MBR and the GPT contradict each other");
    }
    return gpt ? new Partitions(true, gpt(disk)) : new Partitions(false, primary);
  }

  /** UEFI 2.10, sections 5.3.2 and 5.3.3. */
  private static List<Partition> gpt(DiskBytes disk) throws IOException {
    ByteBuffer header = disk.read(SECTOR, GPT_HEADER_BYTES);
    int checksum = header.getInt(16);
    int count = header.getInt(80);
    long table = header.getLong(72);
    if (header.getInt(12) != GPT_HEADER_BYTES
        || header.getLong(24) != 1
        || checksum != crc(header.putInt(16, 0))
        || count < 1
        || count > MOST_GPT_ENTRIES
        || header.getInt(84) != GPT_ENTRY_BYTES
        || table < 2
        || table > MOST_SECTORS) {
      throw new UnusualDiskException("the header of the GPT is damaged or unusual");
    }
    ByteBuffer entries = disk.read(table * SECTOR, count * GPT_ENTRY_BYTES);
    if (crc(entries) != header.getInt(88)) {
      throw new UnusualDiskException("the checksum of the GPT is wrong");
    }
    List<Partition> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int entry = i * GPT_ENTRY_BYTES;
      if ((entries.getLong(entry) | entries.getLong(entry + 8)) != 0) {
        long first = entries.getLong(entry + 32);
        long last = entries.getLong(entry + 40);
        String uuid = guid(entries, entry + 16).toLowerCase(Locale.ROOT);
        all.add(partition(i + 1, first, last - first + 1, guid(entries, entry), uuid));
      }
    }
    return all;
  }

  private static Partition partition(int number, long first, long sectors, String type, String uuid)
      throws UnusualDiskException {
    if (first < 1 || sectors < 1 || first > MOST_SECTORS || sectors > MOST_SECTORS) {
      throw new UnusualDiskException("the partition %d has no valid place".formatted(number));
    }
    return new Partition(number, first * SECTOR, sectors * SECTOR, type, uuid);
  }

  private static int crc(ByteBuffer bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes.duplicate().rewind());
    return (int) crc.getValue();
  }

  /** The first three fields are little-endian, the others are not. */
  private static String guid(ByteBuffer bytes, int at) {
    StringBuilder text = new StringBuilder();
    text.append(
        "%08X-%04X-%04X-"
            .formatted(
                bytes.getInt(at),
                bytes.getShort(at + 4) & 0xffff,
                bytes.getShort(at + 6) & 0xffff));
    for (int i = 8; i < 16; i++) {
      text.append("%02X".formatted(bytes.get(at + i) & 0xff));
      if (i == 9) {
        text.append('-');
      }
    }
    return text.toString();
  }
}
