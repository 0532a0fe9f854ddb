package dev.regild.windows.registry;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What Windows has written to the logs of a hive and not yet to the hive, in the form that it has
 * since Windows 8.1: entries with whole pages, numbered one after another over two files. Windows
 * brings a hive up to date when it is idle, so a hive may be old while all is well.
 *
 * <p>An entry's two hashes (Marvin32) are not checked: there was no log of a real Windows to test
 * such a check with. An entry that was not written in full is found when the hive is read, or not
 * at all.
 */
final class RegistryLog {
  private static final int CELLS = 4096;
  private static final int HEADER = 512;
  private static final int FIRST_SEQUENCE = 4;
  private static final int SECOND_SEQUENCE = 8;
  private static final int BINS_SIZE = 40;
  private static final int CHECKSUM = 508;
  private static final int ENTRY_HEADER = 40;

  /** What a page has at least, and a multiple of. */
  private static final int SECTOR = 512;

  /** In both logs: of pages of 4 KiB this is 1 GiB, as much as a hive may have. */
  private static final int MOST_PAGES = 1 << 18;

  private RegistryLog() {}

  /**
   * A place of the hive and what it holds now.
   *
   * @param offset from where the cells begin
   */
  private record Page(int offset, ByteBuffer content) {}

  /**
   * Some pages that were changed together.
   *
   * @param binsSize of all cells after that
   */
  private record Entry(int sequence, int binsSize, List<Page> pages) {}

  /**
   * Brings a copy of a hive up to date.
   *
   * @param name for messages
   * @param hive is written to if it is not whole
   * @throws DamagedHiveException if it is incomplete, and its logs do not have the rest
   */
  static void apply(String name, Path hive, List<Path> logs) throws IOException {
    try (FileChannel channel =
        FileChannel.open(hive, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
      if (channel.read(header, 0) < HEADER) {
        return; // no hive, which its reader says
      }
      if (header.getInt(CHECKSUM) != checksum(header)) {
        throw new DamagedHiveException(
            "the registry hive " + name + " is damaged: the checksum of its header is wrong");
      }
      if (header.getInt(FIRST_SEQUENCE) == header.getInt(SECOND_SEQUENCE)) {
        return;
      }
      List<Entry> missing = missing(header.getInt(SECOND_SEQUENCE), logs);
      if (missing.isEmpty()) {
        throw new DamagedHiveException(
            "the registry hive " + name + " is incomplete, and its logs do not have the rest");
      }
      for (Entry entry : missing) {
        for (Page page : entry.pages()) {
          channel.write(page.content(), (long) CELLS + page.offset());
        }
        header.putInt(BINS_SIZE, entry.binsSize());
      }
      header.putInt(FIRST_SEQUENCE, header.getInt(SECOND_SEQUENCE));
      header.putInt(CHECKSUM, checksum(header));
      channel.write(header.rewind(), 0);
    }
  }

  /** Of all before it; two values have another meaning, and are never written. */
  private static int checksum(ByteBuffer header) {
    int sum = 0;
    for (int i = 0; i < CHECKSUM; i += Integer.BYTES) {
      sum ^= header.getInt(i);
    }
    return sum == -1 ? -2 : sum == 0 ? 1 : sum;
  }

  /**
   * The entries from a number on, as long as none is missing. The first may have a greater number:
   * when Windows starts a log over, it writes what was in it to the hive, and leaves the hive's own
   * number as it was.
   */
  private static List<Entry> missing(int from, List<Path> logs) throws IOException {
    SortedMap<Integer, Entry> entries = new TreeMap<>();
    int pages = 0;
    for (Path log : logs) {
      for (Entry entry : read(log, MOST_PAGES - pages)) {
        pages += entry.pages().size();
        if (entry.sequence() >= from) {
          entries.put(entry.sequence(), entry);
        }
      }
    }
    List<Entry> missing = new ArrayList<>();
    for (Entry entry : entries.values()) {
      if (!missing.isEmpty() && entry.sequence() != missing.getLast().sequence() + 1) {
        break;
      }
      missing.add(entry);
    }
    return missing;
  }

  /**
   * The entries of a log up to the first that is of an older use of the file, or is not whole.
   *
   * @param mostPages that they may have together
   */
  private static List<Entry> read(Path file, int mostPages) throws IOException {
    ByteBuffer log;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      log = channel.map(MapMode.READ_ONLY, 0, channel.size()).order(ByteOrder.LITTLE_ENDIAN);
    }
    List<Entry> entries = new ArrayList<>();
    int at = HEADER;
    int left = mostPages;
    while (at + ENTRY_HEADER <= log.limit() && signature(log, at).equals("HvLE")) {
      int size = log.getInt(at + 4);
      int sequence = log.getInt(at + 12);
      boolean next = entries.isEmpty() || sequence == entries.getLast().sequence() + 1;
      if (!next || size < ENTRY_HEADER || size > log.limit() - at) {
        break;
      }
      List<Page> pages = pages(log.slice(at, size).order(ByteOrder.LITTLE_ENDIAN), left);
      if (pages.isEmpty()) {
        break;
      }
      left -= pages.size();
      entries.add(new Entry(sequence, log.getInt(at + 16), pages));
      at += size;
    }
    return entries;
  }

  /** First all places, then all contents; none if they make no sense. */
  private static List<Page> pages(ByteBuffer entry, int most) {
    int count = entry.getInt(20);
    if (count < 0 || count > (entry.limit() - ENTRY_HEADER) / (8 + SECTOR)) {
      return List.of();
    }
    if (count > most) {
      throw new DamagedHiveException("the logs of a registry hive have more pages than a hive");
    }
    List<Page> pages = new ArrayList<>();
    int content = ENTRY_HEADER + 8 * count;
    for (int i = 0; i < count; i++) {
      int offset = entry.getInt(ENTRY_HEADER + 8 * i);
      int size = entry.getInt(ENTRY_HEADER + 8 * i + 4);
      if (size < SECTOR
          || size % SECTOR != 0
          || size > entry.limit() - content
          || offset < 0
          || offset > RegistryHive.LARGEST - CELLS - size) {
        return List.of();
      }
      pages.add(new Page(offset, entry.slice(content, size)));
      content += size;
    }
    return pages;
  }

  private static String signature(ByteBuffer log, int at) {
    byte[] signature = new byte[4];
    log.get(at, signature);
    return new String(signature, US_ASCII);
  }
}
