package dev.regild.disk.upload;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** The names of files in an archive, which whoever made it has chosen. */
final class ArchiveNames {
  private static final Set<String> DISKS =
      Set.of("raw", "img", "qcow2", "qcow", "vmdk", "vhdx", "vhd");

  private static final Set<String> COMPRESSED = Set.of("gz", "xz", "zst", "bz2");

  private static final int MOST_SHOWN = 5;
  private static final int LONGEST_SHOWN = 80;

  private ArchiveNames() {}

  /** Without what tar puts before names: {@code ./disk.raw} is {@code disk.raw}. */
  static String plain(String name) {
    return name.startsWith("./") ? name.substring(2) : name;
  }

  /** Whether a file of that name is a disk, compressed or not. */
  static boolean isDisk(String name) {
    String ending = ending(name);
    return DISKS.contains(
        COMPRESSED.contains(ending)
            ? ending(name.substring(0, name.length() - ending.length() - 1))
            : ending);
  }

  static boolean endsWith(String name, String ending) {
    return ending(name).equals(ending);
  }

  private static String ending(String name) {
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }

  /** Some of them, fit for a message. */
  static String list(List<String> names) {
    return names.stream()
            .limit(MOST_SHOWN)
            .map(ArchiveNames::shown)
            .collect(Collectors.joining(", "))
        + (names.size() > MOST_SHOWN ? ", …" : "");
  }

  static String shown(String name) {
    String printable = name.replaceAll("[\\p{Cntrl}\\p{Cf}]", "?");
    return printable.length() > LONGEST_SHOWN
        ? printable.substring(0, LONGEST_SHOWN) + "…"
        : printable;
  }
}
