package dev.regild.disk.contents;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The files of an ext4, read without mounting it. The maker of the disk chooses every number in it:
 * all reading is counted, and what is damaged or has a feature that isn't known here is an {@link
 * UnusualDiskException}. The names and numbers of fields are those of "ext4 Data Structures and
 * Algorithms" in the kernel's documentation.
 */
public final class Ext4 {
  private static final int SUPERBLOCK = 1024;
  private static final int MAGIC = 0xef53;
  private static final int ROOT = 2;

  private static final int HAS_JOURNAL = 0x4;
  private static final int METADATA_CSUM = 0x400;
  private static final int EXTENTS = 0x40;
  private static final int IS_64BIT = 0x80;

  /** Directory entries with types, extents, 64bit, flex_bg, and a seed for checksums. */
  private static final int KNOWN_INCOMPATIBLE = 0x2 | EXTENTS | IS_64BIT | 0x200 | 0x2000;

  /** Of the state: unmounted cleanly; and in use for tests, which is another type. */
  private static final int CLEAN = 1;

  private static final int TEST_FILESYSTEM = 4;

  private static final int TYPE = 0xf000;
  private static final int DIRECTORY = 0x4000;
  private static final int REGULAR = 0x8000;
  private static final int SYMBOLIC_LINK = 0xa000;

  private static final int EXTENTS_FLAG = 0x80000;

  /** Compressed, encrypted, with data in the inode, with names that fold case. */
  private static final int UNKNOWN_FLAGS = 0x4 | 0x800 | 0x10000000 | 0x40000000;

  private static final int EXTENT_MAGIC = 0xf30a;
  private static final int DEEPEST_EXTENTS = 5;
  private static final int MOST_INITIALIZED = 32768;

  private static final int MOST_LINKS = 40;
  private static final int MOST_LINK_BYTES = 4096;
  private static final int LONGEST_PATH = 4096;
  private static final int MOST_DIRECTORY_BYTES = 1 << 20;

  /** Of one file system, holes in files included: far more than an inspection takes. */
  private static final long MOST_BYTES = 512L << 20;

  private static final int MOST_READS = 100_000;

  private final DiskBytes disk;
  private final long offset;
  private final int blockBytes;
  private final int inodeBytes;
  private final int descriptorBytes;
  private final long inodes;
  private final long inodesPerGroup;
  private final long descriptors;
  private final String uuid;
  private final String label;
  private long bytesLeft = MOST_BYTES;
  private int readsLeft = MOST_READS;

  private Ext4(DiskBytes disk, long offset, ByteBuffer superblock) throws UnusualDiskException {
    this.disk = disk;
    this.offset = offset;
    requireKnown(superblock);
    int logBlock = superblock.getInt(0x18);
    require(logBlock >= 0 && logBlock <= 6, "its blocks have an unusual size");
    this.blockBytes = 1024 << logBlock;
    this.inodes = Integer.toUnsignedLong(superblock.getInt(0x0));
    this.inodesPerGroup = Integer.toUnsignedLong(superblock.getInt(0x28));
    this.inodeBytes = superblock.getShort(0x58) & 0xffff;
    boolean is64bit = (superblock.getInt(0x60) & IS_64BIT) != 0;
    this.descriptorBytes = is64bit ? superblock.getShort(0xfe) & 0xffff : 32;
    require(inodesPerGroup > 0 && inodes > 0, "it has no inodes");
    require(
        inodeBytes >= 128 && inodeBytes <= blockBytes && descriptorBytes >= (is64bit ? 64 : 32),
        "its inodes or groups have an unusual size");
    this.descriptors = (Integer.toUnsignedLong(superblock.getInt(0x14)) + 1) * blockBytes;
    this.uuid = uuid(superblock);
    this.label = label(superblock);
  }

  /** Whether an ext2, ext3 or ext4 begins at this offset of a disk. */
  public static boolean isThere(DiskBytes disk, long offset) throws IOException {
    return (disk.read(offset + SUPERBLOCK + 0x38, 2).getShort(0) & 0xffff) == MAGIC;
  }

  /**
   * Opens the ext4 that begins at this offset of a disk.
   *
   * @throws UnusualDiskException also if it is an ext2 or ext3, or was not unmounted
   */
  public static Ext4 open(DiskBytes disk, long offset) throws IOException {
    return new Ext4(disk, offset, disk.read(offset + SUPERBLOCK, 1024));
  }

  private static void requireKnown(ByteBuffer superblock) throws UnusualDiskException {
    int incompatible = superblock.getInt(0x60);
    require((superblock.getShort(0x38) & 0xffff) == MAGIC, "it is not an ext4 file system");
    require(superblock.getInt(0x4c) == 1, "it has an unusual revision");
    require(
        (superblock.getInt(0x5c) & HAS_JOURNAL) != 0
            && (incompatible & EXTENTS) != 0
            && (incompatible & ~KNOWN_INCOMPATIBLE) == 0
            && (superblock.getInt(0x160) & TEST_FILESYSTEM) == 0,
        "it has features that are not known here, or a journal to replay");
    require((superblock.getShort(0x3a) & 0xffff) == CLEAN, "it was not unmounted or has errors");
    if ((superblock.getInt(0x64) & METADATA_CSUM) != 0) {
      CRC32C crc = new CRC32C();
      crc.update(superblock.slice(0, 0x3fc));
      require((int) ~crc.getValue() == superblock.getInt(0x3fc), "its checksum is wrong");
    }
  }

  private static void require(boolean fulfilled, String otherwise) throws UnusualDiskException {
    if (!fulfilled) {
      throw new UnusualDiskException("the file system is unusual: " + otherwise);
    }
  }

  private static String uuid(ByteBuffer superblock) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 16; i++) {
      text.append(i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "");
      text.append("%02x".formatted(superblock.get(0x68 + i) & 0xff));
    }
    return text.toString();
  }

  private static String label(ByteBuffer superblock) throws UnusualDiskException {
    byte[] name = new byte[16];
    superblock.get(0x78, name);
    String text = new String(name, ISO_8859_1);
    int end = text.indexOf('\0');
    String label = end < 0 ? text : text.substring(0, end);
    require(label.chars().allMatch(c -> c > ' ' && c < 0x7f), "its label has unusual characters");
    return label;
  }

  /** Its UUID, in small letters. */
  public String uuid() {
    return uuid;
  }

  /** Its label; may be empty. */
  public String label() {
    return label;
  }

  /**
   * Reads a regular file; symbolic links are followed within this file system.
   *
   * @throws FileNotFoundException if there is none
   * @throws UnusualDiskException if it is of another kind, larger than that, or damaged
   */
  public byte[] read(String path, int mostBytes) throws IOException {
    Inode file = required(path);
    require(file.is(REGULAR), path + " is not a regular file");
    return content(file, mostBytes);
  }

  /**
   * Reads a regular file, and looks its path up once.
   *
   * @return empty if it is missing, larger than that, or of another kind
   */
  public Optional<byte[]> small(String path, int mostBytes) throws IOException {
    List<Inode> found = find(path, true);
    return found.isEmpty() || !found.getLast().is(REGULAR) || found.getLast().size > mostBytes
        ? Optional.empty()
        : Optional.of(content(found.getLast(), mostBytes));
  }

  /** Whether there is anything at that path; a dangling symbolic link counts. */
  public boolean exists(String path) throws IOException {
    return !find(path, false).isEmpty();
  }

  /** Whether there is a regular file at that path, or a link to one. */
  public boolean isFile(String path) throws IOException {
    List<Inode> found = find(path, true);
    return !found.isEmpty() && found.getLast().is(REGULAR);
  }

  /** The names in a directory, without {@code .} and {@code ..}; none if it is not there. */
  public List<String> names(String path) throws IOException {
    List<Inode> found = find(path, true);
    if (found.isEmpty()) {
      return List.of();
    }
    return entries(found.getLast()).keySet().stream()
        .filter(name -> !name.equals(".") && !name.equals(".."))
        .toList();
  }

  private Inode required(String path) throws IOException {
    List<Inode> found = find(path, true);
    if (found.isEmpty()) {
      throw new FileNotFoundException(path);
    }
    return found.getLast();
  }

  /** The directories on the way to a path, and what is there; empty if anything is missing. */
  private List<Inode> find(String path, boolean followsLast) throws IOException {
    List<Inode> way = new ArrayList<>(List.of(inode(ROOT)));
    Deque<String> left = steps(path);
    int links = 0;
    while (!left.isEmpty()) {
      String step = left.pop();
      if (step.equals("..")) {
        if (way.size() > 1) {
          way.removeLast();
        }
        continue;
      }
      if (!way.getLast().is(DIRECTORY)) {
        return List.of();
      }
      Long number = entries(way.getLast()).get(step);
      if (number == null) {
        return List.of();
      }
      Inode next = inode(number);
      if (next.is(SYMBOLIC_LINK) && (followsLast || !left.isEmpty())) {
        require(++links <= MOST_LINKS, "a path has too many links");
        String target = target(next);
        if (target.startsWith("/")) {
          way.subList(1, way.size()).clear();
        }
        steps(target).descendingIterator().forEachRemaining(left::push);
      } else {
        way.add(next);
      }
    }
    return way;
  }

  private static Deque<String> steps(String path) throws UnusualDiskException {
    require(path.length() <= LONGEST_PATH, "a path is too long");
    Deque<String> steps = new ArrayDeque<>();
    for (String step : path.split("/", -1)) {
      if (!step.isEmpty() && !step.equals(".")) {
        steps.add(step);
      }
    }
    return steps;
  }

  private String target(Inode link) throws IOException {
    if ((link.flags & EXTENTS_FLAG) == 0) {
      require(link.size < 60, "a link is damaged");
      byte[] name = new byte[(int) link.size];
      link.blocks.get(0, name);
      return new String(name, UTF_8);
    }
    return new String(content(link, MOST_LINK_BYTES), UTF_8);
  }

  /** The inode of each name. Blocks of an index look like entries that are not in use. */
  private Map<String, Long> entries(Inode directory) throws IOException {
    require(directory.is(DIRECTORY) && directory.size % blockBytes == 0, "a directory is damaged");
    ByteBuffer content =
        ByteBuffer.wrap(content(directory, MOST_DIRECTORY_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    Map<String, Long> entries = new LinkedHashMap<>();
    int at = 0;
    while (at < content.limit()) {
      require(content.limit() - at >= 8, "a directory is damaged");
      int length = content.getShort(at + 4) & 0xffff;
      int nameBytes = content.get(at + 6) & 0xff;
      int leftInBlock = blockBytes - at % blockBytes;
      require(
          length >= 8 && length % 4 == 0 && length <= leftInBlock && nameBytes + 8 <= length,
          "a directory is damaged");
      long inode = Integer.toUnsignedLong(content.getInt(at));
      if (inode != 0) {
        byte[] name = new byte[nameBytes];
        content.get(at + 8, name);
        entries.put(new String(name, UTF_8), inode);
      }
      at += length;
    }
    return entries;
  }

  /** An inode; its blocks are the 60 bytes of i_block. */
  private record Inode(int mode, long size, int flags, ByteBuffer blocks) {
    boolean is(int type) {
      return (mode & TYPE) == type;
    }
  }

  private Inode inode(long number) throws IOException {
    require(number >= 1 && number <= inodes, "an inode has an impossible number");
    long group = (number - 1) / inodesPerGroup;
    long index = (number - 1) % inodesPerGroup;
    ByteBuffer descriptor = bytes(descriptors + group * descriptorBytes, descriptorBytes);
    long table = Integer.toUnsignedLong(descriptor.getInt(0x8));
    if (descriptorBytes >= 64) {
      table |= (Integer.toUnsignedLong(descriptor.getInt(0x28)) << 32);
    }
    ByteBuffer inode = bytes(at(table) + index * inodeBytes, 128);
    long size =
        Integer.toUnsignedLong(inode.getInt(0x4))
            | (Integer.toUnsignedLong(inode.getInt(0x6c)) << 32);
    int flags = inode.getInt(0x20);
    require((flags & UNKNOWN_FLAGS) == 0, "a file has attributes that are not known here");
    return new Inode(
        inode.getShort(0) & 0xffff,
        size,
        flags,
        inode.slice(0x28, 60).order(ByteOrder.LITTLE_ENDIAN));
  }

  private byte[] content(Inode file, int mostBytes) throws IOException {
    require(
        file.size >= 0 && file.size <= mostBytes,
        "a file is larger than %d bytes".formatted(mostBytes));
    require((file.flags & EXTENTS_FLAG) != 0, "a file has no extents");
    // A file of holes takes as much memory as any other, and no reading.
    take(file.size);
    byte[] content = new byte[(int) file.size];
    var _ = extents(file.blocks, DEEPEST_EXTENTS, 0, content);
    return content;
  }

  /**
   * Fills in what a node of the tree maps; what none does is zero.
   *
   * @param deepest that the node may be
   * @param from the first logical block that it may map
   * @return the first that the next node may map
   */
  private long extents(ByteBuffer node, int deepest, long from, byte[] content) throws IOException {
    int entries = node.getShort(2) & 0xffff;
    int depth = node.getShort(6) & 0xffff;
    require(
        (node.getShort(0) & 0xffff) == EXTENT_MAGIC
            && depth <= deepest
            && entries <= (node.limit() - 12) / 12,
        "the extents of a file are damaged");
    long next = from;
    for (int i = 0; i < entries; i++) {
      int entry = 12 + 12 * i;
      long logical = Integer.toUnsignedLong(node.getInt(entry));
      require(logical >= next, "the extents of a file overlap");
      if (depth == 0) {
        int length = node.getShort(entry + 4) & 0xffff;
        boolean initialized = length <= MOST_INITIALIZED;
        length -= initialized ? 0 : MOST_INITIALIZED;
        long physical =
            Integer.toUnsignedLong(node.getInt(entry + 8))
                | ((node.getShort(entry + 6) & 0xffffL) << 32);
        if (initialized) {
          copy(physical, logical * blockBytes, (long) length * blockBytes, content);
        }
        next = logical + length;
      } else {
        long child =
            Integer.toUnsignedLong(node.getInt(entry + 4))
                | ((node.getShort(entry + 8) & 0xffffL) << 32);
        next = extents(bytes(at(child), blockBytes), depth - 1, logical, content);
      }
    }
    return next;
  }

  /** Reads what belongs to the content, whose bytes {@link #content} has taken. */
  private void copy(long block, long to, long length, byte[] content) throws IOException {
    long wanted = Math.min(length, content.length - to);
    for (long done = 0; done < wanted; ) {
      int part = (int) Math.min(DiskBytes.MOST_AT_ONCE, wanted - done);
      read(at(block) + done, part).get(0, content, (int) (to + done), part);
      done += part;
    }
  }

  private long at(long block) throws UnusualDiskException {
    require(block > 0 && block < 1L << 44, "a block is at an impossible place");
    return block * blockBytes;
  }

  private ByteBuffer bytes(long at, int length) throws IOException {
    take(length);
    return read(at, length);
  }

  private ByteBuffer read(long at, int length) throws IOException {
    readsLeft--;
    require(readsLeft >= 0, "it takes too much reading");
    return disk.read(offset + at, length);
  }

  private void take(long bytes) throws UnusualDiskException {
    bytesLeft -= bytes;
    require(bytesLeft >= 0, "it takes too much reading");
  }
}
