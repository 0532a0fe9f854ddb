package dev.regild.disk.contents;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The bytes of a disk, as its guest would see them. */
@FunctionalInterface
public interface DiskBytes {
  /** The most that are read at once. */
  int MOST_AT_ONCE = 1 << 20;

  /**
   * Reads a part.
   *
   * @param offset from the start of the disk; not negative
   * @param length at most {@link #MOST_AT_ONCE}
   * @return exactly so many bytes, in little-endian order, its position 0
   * @throws IOException if the part is not wholly on the disk, or can't be read
   */
  ByteBuffer read(long offset, int length) throws IOException;
}
