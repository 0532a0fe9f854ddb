package dev.regild.windows.registry;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of Windows' registry, read in place. hivex would need a call to the appliance for each key
 * and value, which takes minutes for a server's tens of thousands.
 *
 * <p>Nothing in it is trusted: each offset is checked against the file, and all that is read is
 * counted, so keys that lead to each other end in a {@link DamagedHiveException}.
 */
final class RegistryHive {
  /** More than any that Windows loads at its boot. */
  static final long LARGEST = 1L << 30;

  /** Where the cells begin; what refers to a cell counts from here. */
  private static final int CELLS = 4096;

  private static final int LARGEST_VALUE = 1 << 20;

  /** What one piece of a value holds that is kept in several. */
  private static final int PIECE = 16344;

  /** What a key takes in the file at least, with the size of its cell. */
  private static final int SMALLEST_KEY = 80;

  /** Windows' largest key, of the packages of its components, has some ten thousand. */
  private static final int MOST_SUBKEYS = 1 << 18;

  /** What Windows allows, in bytes of UTF-16 ("Registry element size limits"). */
  private static final int LONGEST_KEY_NAME = 2 * 255;

  private static final int FEWEST_READ = 16 << 20;

  /** Of all texts together, which an inventory may keep; a server's have some megabytes. */
  private static final int MOST_TEXT = 64 << 20;

  /** What even an empty text takes. */
  private static final int EACH_TEXT = 64;

  private static final int ROOT = 36;

  private final String name;
  private final ByteBuffer bytes;
  private long leftToRead;
  private int textLeft = MOST_TEXT;

  private RegistryHive(String name, ByteBuffer bytes) {
    this.name = name;
    this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
    this.leftToRead = FEWEST_READ + 4L * bytes.limit();
  }

  /**
   * Opens a hive.
   *
   * @param name for messages: {@code SYSTEM}
   * @throws DamagedHiveException if it is not a hive
   */
  static RegistryHive open(String name, Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() > LARGEST) {
        throw new DamagedHiveException("the hive " + name + " is larger than 1 GiB");
      }
      return of(name, channel.map(MapMode.READ_ONLY, 0, channel.size()));
    }
  }

  static RegistryHive of(String name, ByteBuffer bytes) {
    RegistryHive hive = new RegistryHive(name, bytes);
    if (bytes.limit() < CELLS || !hive.text(0, 4).equals("regf")) {
      throw hive.damaged("it does not start with the hive signature");
    }
    return hive;
  }

  RegistryKey root() {
    return new RegistryKey(this, bytes.getInt(ROOT));
  }

  DamagedHiveException damaged(String why) {
    return new DamagedHiveException("the registry hive " + name + " is damaged: " + why);
  }

  /** A cell that begins with this signature, and has at least so many bytes. */
  Cell cell(int offset, String signature, int atLeast) {
    Cell cell = cell(offset, atLeast);
    if (!cell.text(0, 2).equals(signature)) {
      throw damaged("there is no %s at %d".formatted(signature, offset));
    }
    return cell;
  }

  /** What is at an offset; no cell is longer than its hive. */
  Cell cell(int offset, int atLeast) {
    long start = (long) CELLS + (offset & 0xffffffffL);
    if (start + 4 > bytes.limit()) {
      throw damaged("it refers to %d, past its end".formatted(offset));
    }
    // The size of a cell that is in use is negative, and counts itself.
    long length = -(long) bytes.getInt((int) start) - 4;
    if (length < atLeast || start + 4 + length > bytes.limit()) {
      throw damaged("what is at %d is not whole".formatted(offset));
    }
    count(atLeast);
    return new Cell((int) start + 4, (int) length);
  }

  /**
   * The offsets of a key's subkeys, from any of the four forms of the list of them.
   *
   * @param count that the key declares, as a number without a sign; the list has no more
   */
  List<Integer> subkeys(int list, int count) {
    if (Integer.toUnsignedLong(count) > Math.min(MOST_SUBKEYS, bytes.limit() / SMALLEST_KEY)) {
      throw damaged("a key has more subkeys than there is room for");
    }
    List<Integer> offsets = new ArrayList<>();
    if (count > 0) {
      Cell cell = cell(list, 4);
      if (cell.text(0, 2).equals("ri")) {
        for (int i = 0; i < cell.shortAt(2); i++) {
          addSubkeys(cell(cell.intAt(4 + 4 * i), 4), count, offsets);
        }
      } else {
        addSubkeys(cell, count, offsets);
      }
    }
    return offsets;
  }

  private void addSubkeys(Cell list, int most, List<Integer> offsets) {
    int size =
        switch (list.text(0, 2)) {
          case "lf", "lh" -> 8; // with a hash of each name
          case "li" -> 4;
          default -> throw damaged("a list of subkeys is of an unknown form");
        };
    int count = list.shortAt(2);
    count(size * count);
    if (count > most - offsets.size()) {
      throw damaged("a list of subkeys is longer than its key says");
    }
    for (int i = 0; i < count; i++) {
      offsets.add(list.intAt(4 + size * i));
    }
  }

  /** A value's data. */
  byte[] data(int size, int offset) {
    if (size > LARGEST_VALUE || size < 0) {
      throw damaged("a value is larger than 1 MiB");
    }
    count(size);
    Cell cell = cell(offset, 4);
    if (size <= PIECE || !cell.text(0, 2).equals("db")) {
      return cell.bytes(0, size);
    }
    Cell pieces = cell(cell.intAt(4), 4 * cell.shortAt(2));
    ByteBuffer data = ByteBuffer.allocate(size);
    for (int i = 0; data.hasRemaining(); i++) {
      Cell piece = cell(pieces.intAt(4 * i), 4);
      data.put(piece.bytes(0, Math.min(PIECE, data.remaining())));
    }
    return data.array();
  }

  /** Counts texts that may be kept. */
  void countTexts(int texts, int bytes) {
    textLeft -= texts * EACH_TEXT + bytes;
    if (textLeft < 0) {
      throw damaged("it contains more text than any registry");
    }
  }

  private void count(int read) {
    leftToRead -= 16 + read;
    if (leftToRead < 0) {
      throw damaged("its keys form a cycle");
    }
  }

  private String text(int at, int length) {
    byte[] text = new byte[length];
    bytes.get(at, text);
    return new String(text, ISO_8859_1);
  }

  /** A part of the hive; every position counts from its start. */
  final class Cell {
    private final int start;
    private final int length;

    private Cell(int start, int length) {
      this.start = start;
      this.length = length;
    }

    int intAt(int at) {
      return bytes.getInt(checked(at, 4));
    }

    int shortAt(int at) {
      return bytes.getShort(checked(at, 2)) & 0xffff;
    }

    String text(int at, int size) {
      return RegistryHive.this.text(checked(at, size), size);
    }

    byte[] bytes(int at, int size) {
      byte[] copy = new byte[size];
      bytes.get(checked(at, size), copy);
      return copy;
    }

    /** The name of a key. */
    String keyName(int at, int size, boolean compressed) {
      if (size > LONGEST_KEY_NAME) {
        throw damaged("a key's name is too long");
      }
      return name(at, size, compressed);
    }

    /** A name: one byte for each character where all of them allow it. */
    String name(int at, int size, boolean compressed) {
      count(size);
      return new String(bytes(at, size), compressed ? ISO_8859_1 : UTF_16LE);
    }

    private int checked(int at, int size) {
      if (at < 0 || size < 0 || (long) at + size > length) {
        throw damaged("what is at %d is not whole".formatted(start - CELLS - 4));
      }
      return start + at;
    }
  }
}
