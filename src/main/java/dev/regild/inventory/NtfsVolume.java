package dev.regild.inventory;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** What an NTFS says of itself, from its boot sector and its file {@code $Volume}. */
final class NtfsVolume {
  static final int BOOT_SECTOR_BYTES = 512;

  private static final int VOLUME_FILE = 3;
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

    private static long clusterSectors(byte value) {
      return value >= 0 ? value : value < -30 ? 0 : 1L << -value;
    }
  }

  /**
   * Whether Windows would check the volume at its next start.
   *
   * @param record of {@code $Volume}
   * @return empty if the record makes no sense
   */
  static Optional<Boolean> isDirty(byte[] record) {
    ByteBuffer bytes = little(record);
    try {
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
    } catch (IndexOutOfBoundsException | BufferUnderflowException notWhole) {
      return Optional.empty();
    }
    return Optional.empty();
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
