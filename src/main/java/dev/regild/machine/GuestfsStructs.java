package dev.regild.machine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The C structs that we hand to libguestfs or get from it, as {@code guestfs.h} of libguestfs 1.48
 * has them. Structs of optional arguments only grow at their end, and a bit mask says which members
 * count, so newer libraries read these as well.
 */
@SuppressWarnings("restricted") // Native calls are what this class is for.
final class GuestfsStructs {
  private static final long READONLY = 1L << 0;
  private static final long FORMAT = 1L << 1;
  private static final long CACHE_MODE = 1L << 9;
  private static final long DISCARD = 1L << 10;
  private static final long BLOCK_SIZE = 1L << 12;

  /** {@code struct guestfs_add_drive_opts_argv}. */
  private static final StructLayout ADD_DRIVE =
      MemoryLayout.structLayout(
          JAVA_LONG.withName("bitmask"),
          JAVA_INT.withName("readonly"),
          MemoryLayout.paddingLayout(4),
          ADDRESS.withName("format"),
          ADDRESS.withName("iface"),
          ADDRESS.withName("name"),
          ADDRESS.withName("label"),
          ADDRESS.withName("protocol"),
          ADDRESS.withName("server"),
          ADDRESS.withName("username"),
          ADDRESS.withName("secret"),
          ADDRESS.withName("cachemode"),
          ADDRESS.withName("discard"),
          JAVA_INT.withName("copyonread"),
          JAVA_INT.withName("blocksize"));

  /** {@code struct guestfs_partition}. */
  private static final StructLayout PARTITION =
      MemoryLayout.structLayout(
          JAVA_INT.withName("part_num"),
          MemoryLayout.paddingLayout(4),
          JAVA_LONG.withName("part_start"),
          JAVA_LONG.withName("part_end"),
          JAVA_LONG.withName("part_size"));

  /** {@code struct guestfs_partition_list}. */
  private static final StructLayout PARTITION_LIST =
      MemoryLayout.structLayout(
          JAVA_INT.withName("len"), MemoryLayout.paddingLayout(4), ADDRESS.withName("val"));

  /** A GPT has 128 entries, and may have some more. */
  private static final int MOST_PARTITIONS = 1024;

  private GuestfsStructs() {}

  static MemorySegment addDrive(Arena arena, String format, boolean readOnly, int sectorBytes) {
    MemorySegment struct = arena.allocate(ADD_DRIVE);
    long mask = FORMAT | READONLY | CACHE_MODE;
    struct.set(ADDRESS, offset(ADD_DRIVE, "cachemode"), arena.allocateFrom("unsafe"));
    if (sectorBytes != 512) {
      mask |= BLOCK_SIZE;
      struct.set(JAVA_INT, offset(ADD_DRIVE, "blocksize"), sectorBytes);
    }
    struct.set(JAVA_INT, offset(ADD_DRIVE, "readonly"), readOnly ? 1 : 0);
    struct.set(ADDRESS, offset(ADD_DRIVE, "format"), arena.allocateFrom(format));
    if (!readOnly) {
      mask |= DISCARD;
      struct.set(ADDRESS, offset(ADD_DRIVE, "discard"), arena.allocateFrom("enable"));
    }
    struct.set(JAVA_LONG, offset(ADD_DRIVE, "bitmask"), mask);
    return struct;
  }

  /** Optional arguments of which none is given; every such struct begins with its bit mask. */
  static MemorySegment noOptions(Arena arena) {
    return arena.allocate(ADD_DRIVE);
  }

  /**
   * The partitions of a list, which is then freed.
   *
   * @throws GuestfsException if there are more than a disk has
   */
  static List<Guestfs.Partition> takePartitions(MemorySegment pointer) throws GuestfsException {
    try {
      return partitions(pointer.reinterpret(PARTITION_LIST.byteSize()));
    } finally {
      var _ = GuestfsLibrary.call(null, "guestfs_free_partition_list", pointer);
    }
  }

  static List<Guestfs.Partition> partitions(MemorySegment list) throws GuestfsException {
    int length = list.get(JAVA_INT, 0);
    if (length < 0 || length > MOST_PARTITIONS) {
      throw GuestfsLibrary.tooMany(MOST_PARTITIONS);
    }
    MemorySegment array =
        list.get(ADDRESS, offset(PARTITION_LIST, "val")).reinterpret(length * PARTITION.byteSize());
    List<Guestfs.Partition> partitions = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      MemorySegment partition = array.asSlice(i * PARTITION.byteSize(), PARTITION.byteSize());
      partitions.add(
          new Guestfs.Partition(
              partition.get(JAVA_INT, 0),
              partition.get(JAVA_LONG, offset(PARTITION, "part_start")),
              partition.get(JAVA_LONG, offset(PARTITION, "part_size"))));
    }
    return partitions;
  }

  /** A version as {@code 1.48.6}, which is then freed. Its first members are int64_t each. */
  static String takeVersion(MemorySegment pointer) throws GuestfsException {
    MemorySegment version = pointer.reinterpret(4 * JAVA_LONG.byteSize());
    String text =
        "%d.%d.%d"
            .formatted(
                version.getAtIndex(JAVA_LONG, 0),
                version.getAtIndex(JAVA_LONG, 1),
                version.getAtIndex(JAVA_LONG, 2));
    var _ = GuestfsLibrary.call(null, "guestfs_free_version", pointer);
    return text;
  }

  private static long offset(StructLayout struct, String member) {
    return struct.byteOffset(PathElement.groupElement(member));
  }
}
