package dev.regild.apt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.channel.PackageTable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Steps through the stanzas of a Packages index and finds the few fields of interest as slices of
 * its buffer, without making text of the rest.
 */
final class PackagesScanner {
  /** The fields that are kept. */
  enum Field {
    PACKAGE(0, "package"),
    VERSION(1, "version"),
    ARCHITECTURE(2, "architecture"),
    FILENAME(3, "filename"),
    SIZE(4, "size"),
    SHA256(5, "sha256"),
    PHASED(6, "phased-update-percentage"),
    SHA512(7, "sha512");

    private final int slot;
    private final String key;

    Field(int slot, String key) {
      this.slot = slot;
      this.key = key;
    }
  }

  private static final int SLOTS = Field.values().length;
  private static final int LONGEST_STANZA = 16 << 20;

  private final InputStream in;
  private final int[] starts = new int[SLOTS];
  private final int[] lengths = new int[SLOTS];
  private byte[] buffer = new byte[1 << 17];

  /** The bytes up to {@link #limit} once more: the JDK searches a text many bytes at a time. */
  private String characters = "";

  private int position;
  private int limit;
  private boolean ended;

  PackagesScanner(InputStream in) {
    this.in = in;
  }

  /**
   * Moves to the next stanza.
   *
   * @return false at the end
   * @throws IOException also for a stanza that is longer than 16 MiB
   */
  boolean next() throws IOException {
    skipEmptyLines();
    Arrays.fill(lengths, 0);
    int stanza = position;
    int line = position;
    while (true) {
      int end = lineEnd(line);
      if (end < 0) {
        int moved = refill(stanza);
        line -= moved;
        stanza -= moved;
        if (ended && lineEnd(line) < 0) {
          takeLine(line, limit);
          position = limit;
          return limit > stanza;
        }
      } else if (end == line) {
        position = end + 1;
        return true;
      } else {
        takeLine(line, end);
        line = end + 1;
      }
    }
  }

  /** Where the field's value begins in {@link #buffer()}. */
  int start(Field field) {
    return starts[field.slot];
  }

  /** The length of the field's value in bytes; 0 if the stanza doesn't have it. */
  int length(Field field) {
    return lengths[field.slot];
  }

  /** Valid until the next call of {@link #next}. */
  byte[] buffer() {
    return buffer;
  }

  String text(Field field) {
    return new String(buffer, start(field), length(field), UTF_8);
  }

  private void skipEmptyLines() throws IOException {
    while (true) {
      while (position < limit && buffer[position] == '\n') {
        position++;
      }
      if (position < limit || ended) {
        return;
      }
      refill(position);
    }
  }

  private int lineEnd(int from) {
    return characters.indexOf('\n', from);
  }

  /** Reads more behind what is kept; returns by how much the kept part moved down. */
  private int refill(int keepFrom) throws IOException {
    int kept = limit - keepFrom;
    if (kept > LONGEST_STANZA) {
      throw new IOException("a stanza is longer than 16 MiB");
    }
    byte[] target = kept > buffer.length / 2 ? new byte[buffer.length * 2] : buffer;
    System.arraycopy(buffer, keepFrom, target, 0, kept);
    if (position >= keepFrom) {
      position -= keepFrom;
    }
    for (int i = 0; i < starts.length; i++) {
      starts[i] -= keepFrom;
    }
    buffer = target;
    limit = kept;
    int n = in.read(buffer, limit, buffer.length - limit);
    if (n < 0) {
      ended = true;
    } else {
      limit += n;
    }
    characters = new String(buffer, 0, limit, ISO_8859_1);
    return keepFrom;
  }

  private void takeLine(int from, int to) {
    if (from >= to) {
      return;
    }
    switch (buffer[from] | 0x20) {
      case 'p' -> {
        take(Field.PACKAGE, from, to);
        take(Field.PHASED, from, to);
      }
      case 'v' -> take(Field.VERSION, from, to);
      case 'a' -> take(Field.ARCHITECTURE, from, to);
      case 'f' -> take(Field.FILENAME, from, to);
      case 's' -> {
        take(Field.SIZE, from, to);
        take(Field.SHA256, from, to);
        take(Field.SHA512, from, to);
      }
      default -> {
        // Another field, or a line that goes on with one.
      }
    }
  }

  private void take(Field field, int from, int to) {
    String key = field.key;
    int colon = from + key.length();
    if (colon >= to || buffer[colon] != ':') {
      return;
    }
    for (int i = 0; i < key.length(); i++) {
      int c = buffer[from + i];
      int lower = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
      if (lower != key.charAt(i)) {
        return;
      }
    }
    int start = colon + 1;
    int end = to;
    while (start < end && isBlank(buffer[start])) {
      start++;
    }
    while (end > start && isBlank(buffer[end - 1])) {
      end--;
    }
    starts[field.slot] = start;
    lengths[field.slot] = end - start;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t' || b == '\r';
  }

  /**
   * Adds the stanza to a table. One without the needed fields is left out, as apt does, and so is
   * one that Ubuntu still hands out to a part of all machines only: an image stands for many.
   *
   * @param origin of the index
   */
  void addTo(PackageTable.Builder<IndexOrigin> table, IndexOrigin origin) throws IOException {
    if (length(Field.PACKAGE) > 0
        && length(Field.VERSION) > 0
        && length(Field.ARCHITECTURE) > 0
        && !isPhased()) {
      table.add(bytes(Field.PACKAGE), bytes(Field.ARCHITECTURE), bytes(Field.VERSION), origin);
    }
  }

  private PackageTable.Text bytes(Field field) {
    return new PackageTable.Text(buffer(), start(field), length(field));
  }

  private boolean isPhased() {
    return length(Field.PHASED) > 0 && !text(Field.PHASED).equals("100");
  }
}
