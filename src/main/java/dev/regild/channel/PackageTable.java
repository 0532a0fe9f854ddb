package dev.regild.channel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.regild.apt.IndexOrigin;
import dev.regild.apt.PackagesScanner;
import dev.regild.rpm.RpmPackage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The versions that indexes offer, as bytes in one array: some 40 a package, where objects would
 * take 200. An entry is: length and bytes of the name, the number of its architecture, the number
 * of its index (two bytes, the highest bit for hotfixes), the number of its modules' streams (two
 * bytes), length and bytes of the version.
 */
public final class PackageTable {
  private static final int LONGEST_ARCHITECTURE = 64;

  /** Marks the index of what counts whatever streams of modules are chosen. */
  private static final int HOTFIX = 1 << 15;

  private final byte[] entries;

  /** Where each entry begins, in the order of the names' bytes. */
  private final int[] starts;

  private final List<String> architectures;

  /** Where each index comes from. */
  private final List<IndexOrigin> origins;

  /** Each combination that a package has; the first is none. */
  private final List<List<String>> streams;

  private PackageTable(
      byte[] entries,
      int[] starts,
      List<String> architectures,
      List<IndexOrigin> origins,
      List<List<String>> streams) {
    this.entries = entries;
    this.starts = starts;
    this.architectures = List.copyOf(architectures);
    this.origins = List.copyOf(origins);
    this.streams = List.copyOf(streams);
  }

  /**
   * What an index offers.
   *
   * @param origin of the index
   * @param streams of the modules that it is part of
   * @param hotfix whether it counts whatever streams are chosen
   */
  public record Offer(
      String architecture,
      IndexOrigin origin,
      String version,
      List<String> streams,
      boolean hotfix) {}

  public int size() {
    return starts.length;
  }

  /** Visits every offer for that name, in no particular order. */
  public void visit(String name, Consumer<Offer> visitor) {
    byte[] key = name.getBytes(ISO_8859_1);
    for (int i = firstAtLeast(key); i < starts.length && compareName(starts[i], key) == 0; i++) {
      int at = starts[i] + 1 + key.length;
      int index = unsignedShort(at + 1);
      int length = entries[at + 5] & 0xff;
      visitor.accept(
          new Offer(
              architectures.get(entries[at]),
              origins.get(index & ~HOTFIX),
              new String(entries, at + 6, length, ISO_8859_1),
              streams.get(unsignedShort(at + 3)),
              (index & HOTFIX) != 0));
    }
  }

  private int unsignedShort(int at) {
    return ((entries[at] & 0xff) << 8) | (entries[at + 1] & 0xff);
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

  /** Collects entries. */
  public static final class Builder {
    private final List<String> architectures = new ArrayList<>();
    private final Map<IndexOrigin, Integer> origins = new LinkedHashMap<>();
    private final Map<List<String>, Integer> streams = new LinkedHashMap<>(Map.of(List.of(), 0));
    private final Kept kept = new Kept("packages", 1_000_000);
    private byte[] entries = new byte[1 << 20];
    private int[] starts = new int[1 << 15];
    private int end;
    private int count;

    /**
     * Adds the scanner's stanza. One without the needed fields is left out, as apt does, and so is
     * one that Ubuntu still hands out to a part of all machines only: an image stands for many.
     *
     * @param origin of the index that it is read from
     */
    public void add(PackagesScanner stanza, IndexOrigin origin) throws IOException {
      int nameLength = stanza.length(PackagesScanner.Field.PACKAGE);
      int versionLength = stanza.length(PackagesScanner.Field.VERSION);
      int architectureLength = stanza.length(PackagesScanner.Field.ARCHITECTURE);
      if (architectureLength > LONGEST_ARCHITECTURE) {
        throw new IOException("the name of a package's architecture is too long");
      }
      if (nameLength == 0 || versionLength == 0 || architectureLength == 0 || isPhased(stanza)) {
        return;
      }
      startEntry(nameLength, versionLength);
      byte[] buffer = stanza.buffer();
      append(buffer, stanza.start(PackagesScanner.Field.PACKAGE), nameLength);
      int architecture = stanza.start(PackagesScanner.Field.ARCHITECTURE);
      entries[end++] = architecture(buffer, architecture, architectureLength);
      appendShort(number(origin));
      appendShort(0);
      append(buffer, stanza.start(PackagesScanner.Field.VERSION), versionLength);
    }

    /**
     * Adds a package of a repository that has no words for pins.
     *
     * @param ofStreams the modules' streams that it is part of
     * @param hotfix whether it counts whatever streams are chosen
     */
    public void add(RpmPackage each, List<String> ofStreams, boolean hotfix) throws IOException {
      byte[] name = each.name().getBytes(ISO_8859_1);
      byte[] version = each.version().getBytes(ISO_8859_1);
      byte[] architecture = each.architecture().getBytes(ISO_8859_1);
      startEntry(name.length, version.length);
      append(name, 0, name.length);
      entries[end++] = architecture(architecture, 0, architecture.length);
      int index = number(IndexOrigin.PLAIN);
      appendShort(hotfix ? index | HOTFIX : index);
      appendShort(streams(ofStreams));
      append(version, 0, version.length);
    }

    private void startEntry(int nameLength, int versionLength) throws IOException {
      if (nameLength > 255 || versionLength > 255) {
        throw new IOException("a package's name or version is longer than 255 bytes");
      }
      kept.add(1);
      reserve(7 + nameLength + versionLength);
      starts[count++] = end;
    }

    private void appendShort(int number) {
      entries[end++] = (byte) (number >> 8);
      entries[end++] = (byte) number;
    }

    private int number(IndexOrigin origin) throws IOException {
      Integer known = origins.putIfAbsent(origin, origins.size());
      if (origins.size() > HOTFIX) {
        throw new IOException("there are more than 32768 indexes");
      }
      return known == null ? origins.size() - 1 : known;
    }

    private int streams(List<String> each) throws IOException {
      Integer known = streams.putIfAbsent(each, streams.size());
      if (streams.size() > 1 << 16) {
        throw new IOException("there are more than 65536 combinations of modules' streams");
      }
      return known == null ? streams.size() - 1 : known;
    }

    private static boolean isPhased(PackagesScanner stanza) {
      return stanza.length(PackagesScanner.Field.PHASED) > 0
          && !stanza.text(PackagesScanner.Field.PHASED).equals("100");
    }

    public PackageTable build() {
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
      return new PackageTable(
          all, sorted, architectures, List.copyOf(origins.keySet()), List.copyOf(streams.keySet()));
    }

    private void reserve(int bytes) {
      if (end + bytes > entries.length) {
        entries = Arrays.copyOf(entries, entries.length + entries.length / 2);
      }
      if (count == starts.length) {
        starts = Arrays.copyOf(starts, count + count / 2);
      }
    }

    private void append(byte[] text, int start, int length) {
      entries[end++] = (byte) length;
      System.arraycopy(text, start, entries, end, length);
      end += length;
    }

    private byte architecture(byte[] buffer, int start, int length) throws IOException {
      for (int i = 0; i < architectures.size(); i++) {
        String known = architectures.get(i);
        if (known.length() == length && matches(known, buffer, start)) {
          return (byte) i;
        }
      }
      if (architectures.size() == Byte.MAX_VALUE) {
        throw new IOException("there are more than 127 architectures");
      }
      architectures.add(new String(buffer, start, length, ISO_8859_1));
      return (byte) (architectures.size() - 1);
    }

    private static boolean matches(String text, byte[] buffer, int start) {
      for (int i = 0; i < text.length(); i++) {
        if (buffer[start + i] != text.charAt(i)) {
          return false;
        }
      }
      return true;
    }
  }
}
