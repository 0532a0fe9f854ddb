package dev.regild.disk;

/**
 * A part of a disk.
 *
 * @param offset in bytes, as a guest counts them
 * @param length in bytes
 */
public record DiskPart(long offset, long length) {
  public DiskPart {
    if (offset < 0 || length <= 0 || offset > Long.MAX_VALUE - length) {
      throw new IllegalArgumentException("%d bytes at %d".formatted(length, offset));
    }
  }

  /** Where the rest of the disk begins. */
  public long end() {
    return offset + length;
  }
}
