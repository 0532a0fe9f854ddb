package dev.regild.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The header of a qcow2 file, as QEMU's {@code docs/interop/qcow2.txt} defines it. All numbers are
 * big-endian.
 *
 * @param version 2 or 3
 * @param backingFile the name of the base as it is written; empty for a disk that stands alone
 * @param clusterBits the cluster size is 2 to this power
 * @param virtualBytes the size of the disk that a guest sees
 * @param encryption 0 for none
 * @param l1Entries the number of 8-byte entries of the table at {@code l1Offset}
 * @param l1Offset where the L1 table starts
 * @param refcountOffset where the refcount table starts
 * @param refcountClusters the size of that table
 * @param incompatible the bits of features that a reader must know
 */
public record Qcow2Header(
    int version,
    Optional<String> backingFile,
    int clusterBits,
    long virtualBytes,
    int encryption,
    long l1Entries,
    long l1Offset,
    long refcountOffset,
    long refcountClusters,
    long incompatible) {
  static final int MAGIC = 0x514649fb;

  private static final long DIRTY = 1L << 0;
  private static final long CORRUPT = 1L << 1;
  private static final long EXTERNAL_DATA = 1L << 2;
  private static final int MAX_BACKING_NAME = 1023;
  private static final int VERSION_2_BYTES = 72;
  private static final int VERSION_3_BYTES = 104;

  boolean isDirty() {
    return (incompatible & DIRTY) != 0;
  }

  boolean isCorrupt() {
    return (incompatible & CORRUPT) != 0;
  }

  boolean hasExternalData() {
    return (incompatible & EXTERNAL_DATA) != 0;
  }

  /** Where the tables that the header names end; a whole file is at least as long. */
  long tablesEnd() {
    long l1End = Math.addExact(l1Offset, Math.multiplyExact(l1Entries, 8L));
    long refcountEnd = Math.addExact(refcountOffset, refcountClusters << clusterBits);
    return Math.max(l1End, refcountEnd);
  }

  public static Qcow2Header read(Path disk) throws IOException, UnfitDiskException {
    try (FileChannel channel = FileChannel.open(disk)) {
      ByteBuffer header = FileBytes.at(channel, 0, VERSION_3_BYTES);
      if (header.remaining() < VERSION_2_BYTES || header.getInt(0) != MAGIC) {
        throw new UnfitDiskException("the disk is not a qcow2, or only the start of one");
      }
      int version = header.getInt(4);
      if (version != 2 && (version != 3 || header.remaining() < VERSION_3_BYTES)) {
        throw new UnfitDiskException(
            "the disk is a qcow2 of version %d; convert it with: qemu-img convert -O qcow2 OLD NEW"
                .formatted(version));
      }
      return new Qcow2Header(
          version,
          backingName(channel, header.getLong(8), header.getInt(16)),
          clusterBits(header.getInt(20)),
          header.getLong(24),
          header.getInt(32),
          Integer.toUnsignedLong(header.getInt(36)),
          header.getLong(40),
          header.getLong(48),
          Integer.toUnsignedLong(header.getInt(56)),
          version == 2 ? 0 : header.getLong(72));
    }
  }

  private static Optional<String> backingName(FileChannel channel, long offset, int length)
      throws IOException, UnfitDiskException {
    if (offset == 0) {
      return Optional.empty();
    }
    if (length < 0 || length > MAX_BACKING_NAME || offset < 0) {
      throw new UnfitDiskException("the disk is damaged: its qcow2 header is inconsistent");
    }
    ByteBuffer name = FileBytes.at(channel, offset, length);
    return Optional.of(StandardCharsets.UTF_8.decode(name).toString());
  }

  private static int clusterBits(int bits) throws UnfitDiskException {
    if (bits < 9 || bits > 21) {
      throw new UnfitDiskException("the disk is damaged: its qcow2 header is inconsistent");
    }
    return bits;
  }
}
