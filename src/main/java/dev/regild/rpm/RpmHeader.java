package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of an rpm: a lead, a header of signatures, and the one with its tags (RPM's file
 * format, version 4). Reads only texts and 32-bit numbers.
 */
final class RpmHeader {
  static final int NAME = 1000;
  static final int VERSION = 1001;
  static final int RELEASE = 1002;
  static final int EPOCH = 1003;
  static final int SOURCERPM = 1044;
  static final int CHANGELOG_NAME = 1081;
  static final int CHANGELOG_TEXT = 1082;

  private static final int LEAD = 96;
  private static final int MAGIC = 0x8eade801;
  private static final int ENTRY = 16;
  private static final int INT32 = 4;

  /** A header has a few hundred tags; a kernel's, which lists its files, has 20 MB. */
  private static final int MOST_TAGS = 10_000;

  private static final int LARGEST = 64 << 20;
  private static final int MOST_VALUES = 100_000;

  private final Map<Integer, int[]> tags = new HashMap<>();
  private final byte[] store;

  private RpmHeader(ByteBuffer index, byte[] store) {
    this.store = store;
    while (index.remaining() >= ENTRY) {
      int tag = index.getInt();
      tags.put(tag, new int[] {index.getInt(), index.getInt(), index.getInt()});
    }
  }

  static RpmHeader read(Path file) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
      in.skipNBytes(LEAD);
      int signatures = skipped(in);
      in.skipNBytes((8 - signatures % 8) % 8);
      int[] sizes = sizes(in);
      byte[] index = whole(in, sizes[0] * ENTRY);
      return new RpmHeader(ByteBuffer.wrap(index), whole(in, sizes[1]));
    }
  }

  private static int skipped(DataInputStream in) throws IOException {
    int[] sizes = sizes(in);
    in.skipNBytes((long) sizes[0] * ENTRY + sizes[1]);
    return sizes[1];
  }

  /** The number of tags, and of bytes of values. */
  private static int[] sizes(DataInputStream in) throws IOException {
    int magic = in.readInt();
    in.skipNBytes(INT32);
    int count = in.readInt();
    int bytes = in.readInt();
    if (magic != MAGIC) {
      throw new IOException("it is not an rpm of version 3 or 4");
    }
    if (count < 0 || count > MOST_TAGS || bytes < 0 || bytes > LARGEST) {
      throw new IOException("its header is damaged, or too large");
    }
    return new int[] {count, bytes};
  }

  /** Reads as many bytes as come, whatever size was announced. */
  private static byte[] whole(InputStream in, int size) throws IOException {
    byte[] bytes = in.readNBytes(size);
    if (bytes.length < size) {
      throw new IOException("it is cut off in its header");
    }
    return bytes;
  }

  /** Returns a tag's first text, or number; empty if it has none. */
  String text(int tag) {
    List<String> all = texts(tag);
    return all.isEmpty() ? "" : all.getFirst();
  }

  /** Returns a tag's texts, or numbers. */
  List<String> texts(int tag) {
    int[] entry = tags.get(tag);
    if (entry == null || entry[1] < 0 || entry[1] > store.length) {
      return List.of();
    }
    return switch (entry[0]) {
      case 4 ->
          entry[1] + INT32 <= store.length
              ? List.of(
                  String.valueOf(Integer.toUnsignedLong(ByteBuffer.wrap(store).getInt(entry[1]))))
              : List.of();
      // One text, several texts, and one text in several languages.
      case 6, 8, 9 -> strings(entry[1], Math.clamp(entry[2], 0, MOST_VALUES));
      default -> List.of();
    };
  }

  private List<String> strings(int from, int count) {
    List<String> all = new ArrayList<>();
    int start = from;
    while (all.size() < count && start < store.length) {
      int end = start;
      while (end < store.length && store[end] != 0) {
        end++;
      }
      all.add(new String(store, start, end - start, UTF_8));
      start = end + 1;
    }
    return all;
  }
}
