package dev.regild.windows.registry;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** What an NTFS says of itself, from its boot sector and its file {@code $Volume}. */
final class NtfsVolume {
  static final int BOOT_SECTOR_BYTES = 512;

  private static final int MOST_SECTORS_SAID = 0x80;

  /** Of clusters of 2 MiB, the largest that there are: 2 to the 12th sectors. */
  private static final int LARGEST_EXPONENT = 0xf4;

  private static final int VOLUME_FILE = 3;

  /** The stride of the fix-ups of a record, whatever the sectors of the disk are. */
  private static final int STRIDE = 512;

  private static final int VOLUME_INFORMATION = 0x70;
  private static final int END = -1;
  private static final int DIRTY = 1;

  private NtfsVolume() {}

  /**
   * Where the record of {@code $Volume} lies.
   *
   * @param offset bytes from the start of the filesystem
   */
  record RecordPlace(long offset, int bytes) {
    /** Empty if the sector is not NTFS', or makes no sense. */
    static Optional<RecordPlace> of(byte[] bootSector) {
      if (bootSector.length < BOOT_SECTOR_BYTES
          || !new String(bootSector, 3, 8, US_ASCII).equals("NTFS    ")) {
        return Optional.empty();
      }
      ByteBuffer sector = little(bootSector);
      long cluster = (long) (sector.getShort(11) & 0xffff) * clusterSectors(sector.get(13));
      long table = sector.getLong(48) * cluster;
      int size = sector.get(64); // in clusters, or the exponent of the bytes where it is negative
      long bytes = size > 0 ? size * cluster : size < -30 ? 0 : 1L << -size;
      return bytes < 256 || bytes > 64 << 10 || table <= 0 || table > 1L << 56
          ? Optional.empty()
          : Optional.of(new RecordPlace(table + VOLUME_FILE * bytes, (int) bytes));
    }

    /** Up to 128 it is said as it is, and more by its exponent, as a negative number. */
    private static long clusterSectors(byte value) {
      int number = value & 0xff;
      return number <= MOST_SECTORS_SAID
          ? number
          : number >= LARGEST_EXPONENT ? 1L << (256 - number) : 0;
    }
  }

  /**
   * Whether Windows would check the volume at its next start.
   *
   * @param record of {@code $Volume}, as it is on the disk
   * @return empty if the record makes no sense
   */
  static Optional<Boolean> isDirty(byte[] record) {
    ByteBuffer bytes = little(record.clone());
    try {
      if (!new String(record, 0, 4, US_ASCII).equals("FILE") || !fixUp(bytes)) {
        return Optional.empty();
      }
      int attribute = bytes.getShort(20) & 0xffff;
      while (attribute + 24 <= record.length && bytes.getInt(attribute) != END) {
        int length = bytes.getInt(attribute + 4);
        if (bytes.getInt(attribute) == VOLUME_INFORMATION) {
          int content = attribute + (bytes.getShort(attribute + 20) & 0xffff);
          return Optional.of((bytes.getShort(content + 10) & DIRTY) != 0);
        }
        if (length < 24 || length > record.length) {
          return Optional.empty();
        }
        attribute += length;
      }
    } catch (IndexOutOfBoundsException notWhole) {
      return Optional.empty();
    }
    return Optional.empty();
  }

  /**
   * Puts back the last two bytes of each stride, in whose place there is a number that tells
   * whether all of the record was written.
   *
   * @return whether it was
   */
  private static boolean fixUp(ByteBuffer record) {
    int numbers = record.getShort(4) & 0xffff;
    int strides = (record.getShort(6) & 0xffff) - 1;
    if (strides != record.limit() / STRIDE) {
      return false;
    }
    short number = record.getShort(numbers);
    for (int i = 1; i <= strides; i++) {
      int end = i * STRIDE - 2;
      if (record.getShort(end) != number) {
        return false;
      }
      record.putShort(end, record.getShort(numbers + 2 * i));
    }
    return true;
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
