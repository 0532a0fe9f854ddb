package dev.regild.channel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The versions that indexes offer, as bytes in one array: some 40 a package, where objects would
 * take 200. An entry is: length and bytes of the name, the number of its architecture, the number
 * of its group (two bytes), length and bytes of the version.
 *
 * @param <G> what many packages have in common: where they come from, on what they depend
 */
public final class PackageTable<G> {
  private static final int LONGEST_ARCHITECTURE = 64;

  private final byte[] entries;

  /** Where each entry begins, in the order of the names' bytes. */
  private final int[] starts;

  private final List<String> architectures;
  private final List<G> groups;

  private PackageTable(byte[] entries, int[] starts, List<String> architectures, List<G> groups) {
    this.entries = entries;
    this.starts = starts;
    this.architectures = List.copyOf(architectures);
    this.groups = List.copyOf(groups);
  }

  /** What an index offers. */
  public record Offer<G>(String architecture, String version, G group) {}

  public int size() {
    return starts.length;
  }

  /** Visits every offer for that name, in no particular order. */
  public void visit(String name, Consumer<Offer<G>> visitor) {
    byte[] key = name.getBytes(ISO_8859_1);
    for (int i = firstAtLeast(key); i < starts.length && compareName(starts[i], key) == 0; i++) {
      int at = starts[i] + 1 + key.length;
      int group = ((entries[at + 1] & 0xff) << 8) | (entries[at + 2] & 0xff);
      int length = entries[at + 3] & 0xff;
      visitor.accept(
          new Offer<>(
              architectures.get(entries[at]),
              new String(entries, at + 4, length, ISO_8859_1),
              groups.get(group)));
    }
  }

  private int firstAtLeast(byte[] key) {
    int low = 0;
    int high = starts.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (compareName(starts[middle], key) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private int compareName(int start, byte[] key) {
    int length = entries[start] & 0xff;
    return Arrays.compareUnsigned(entries, start + 1, start + 1 + length, key, 0, key.length);
  }

  /** A text in a buffer. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Text(byte[] buffer, int start, int length) {
    /** A text by itself. */
    public static Text of(String text) {
      byte[] bytes = text.getBytes(ISO_8859_1);
      return new Text(bytes, 0, bytes.length);
    }
  }

  /** Collects entries. */
  public static final class Builder<G> {
    private final List<String> architectures = new ArrayList<>();
    private final Map<G, Integer> groups = new LinkedHashMap<>();
    private final Kept kept = new Kept("packages", 1_000_000);
    private byte[] entries = new byte[1 << 20];
    private int[] starts = new int[1 << 15];
    private int end;
    private int count;
    private @Nullable G last;
    private int lastNumber;

    /**
     * Adds a package.
     *
     * @throws IOException if it, or the whole, is larger than any index is
     */
    public void add(Text name, Text architecture, Text version, G group) throws IOException {
      if (architecture.length() > LONGEST_ARCHITECTURE) {
        throw new IOException("the name of a package's architecture is too long");
      }
      if (name.length() > 255 || version.length() > 255) {
        throw new IOException("a package's name or version is longer than 255 bytes");
      }
      kept.add(1);
      reserve(5 + name.length() + version.length());
      starts[count++] = end;
      append(name);
      entries[end++] = number(architecture);
      int number = number(group);
      entries[end++] = (byte) (number >> 8);
      entries[end++] = (byte) number;
      append(version);
    }

    /** Thousands of packages come one after the other with the same group: its hash is slow. */
    @SuppressWarnings("ReferenceEquality") // an equal one is found by its hash
    private int number(G group) throws IOException {
      if (group == last) {
        return lastNumber;
      }
      Integer known = groups.putIfAbsent(group, groups.size());
      if (groups.size() > 1 << 16) {
        throw new IOException("its packages are of more than 65536 kinds");
      }
      last = group;
      lastNumber = known == null ? groups.size() - 1 : known;
      return lastNumber;
    }

    public PackageTable<G> build() {
      byte[] all = Arrays.copyOf(entries, end);
      Integer[] order = new Integer[count];
      for (int i = 0; i < count; i++) {
        order[i] = starts[i];
      }
      // Indexes come sorted, so this is a merge of a few runs.
      Arrays.sort(
          order,
          (a, b) ->
              Arrays.compareUnsigned(
                  all, a + 1, a + 1 + (all[a] & 0xff), all, b + 1, b + 1 + (all[b] & 0xff)));
      int[] sorted = new int[count];
      Arrays.setAll(sorted, i -> order[i]);
      return new PackageTable<>(all, sorted, architectures, List.copyOf(groups.keySet()));
    }

    private void reserve(int bytes) {
      if (end + bytes > entries.length) {
        entries = Arrays.copyOf(entries, entries.length + entries.length / 2);
      }
      if (count == starts.length) {
        starts = Arrays.copyOf(starts, count + count / 2);
      }
    }

    private void append(Text text) {
      entries[end++] = (byte) text.length();
      System.arraycopy(text.buffer(), text.start(), entries, end, text.length());
      end += text.length();
    }

    private byte number(Text architecture) throws IOException {
      for (int i = 0; i < architectures.size(); i++) {
        if (matches(architectures.get(i), architecture)) {
          return (byte) i;
        }
      }
      if (architectures.size() == Byte.MAX_VALUE) {
        throw new IOException("there are more than 127 architectures");
      }
      architectures.add(
          new String(
              architecture.buffer(), architecture.start(), architecture.length(), ISO_8859_1));
      return (byte) (architectures.size() - 1);
    }

    private static boolean matches(String known, Text text) {
      if (known.length() != text.length()) {
        return false;
      }
      for (int i = 0; i < text.length(); i++) {
        if (text.buffer()[text.start() + i] != known.charAt(i)) {
          return false;
        }
      }
      return true;
    }
  }
}
