package dev.regild.inventory;

import dev.regild.disk.UnfitDiskException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What an {@code /etc/fstab} mounts from block devices (fstab(5)); everything else in it is none of
 * the disk's concern: memory, other machines, directories, files and swap space.
 *
 * @param entries in the order of the file
 */
record Fstab(List<Entry> entries) {
  static final String FILE = "/etc/fstab";

  /** More lines than any machine has; the maker of a disk writes as many as they like. */
  private static final int MOST_ENTRIES = 1000;

  private static final Pattern BY_TAG = Pattern.compile("(UUID|LABEL|PARTUUID|PARTLABEL)=.+");
  private static final Set<String> NO_FILE_SYSTEMS = Set.of("swap", "none", "ignore");
  private static final Set<String> OPTIONAL = Set.of("nofail", "noauto");
  private static final Set<String> BOUND = Set.of("bind", "rbind");

  Fstab {
    entries = List.copyOf(entries);
  }

  /**
   * One line.
   *
   * @param spec the device, as the file names it
   * @param mountPoint where it is mounted, as the file has it
   * @param optional whether the system starts without it
   */
  record Entry(String spec, String mountPoint, boolean optional) {}

  /** Lines that mount(8) would not understand are left out, as it does. */
  static Fstab parse(String text) {
    List<Entry> entries = new ArrayList<>();
    for (String line : text.lines().toList()) {
      String[] fields = line.strip().split("[ \t]+", -1);
      if (fields.length < 3 || fields[0].startsWith("#") || entries.size() == MOST_ENTRIES) {
        continue;
      }
      String spec = unquoted(unescaped(fields[0]));
      List<String> options =
          fields.length < 4 ? List.of() : Arrays.asList(fields[3].split(",", -1));
      boolean device = BY_TAG.matcher(spec).matches() || spec.startsWith("/dev/");
      if (device
          && !NO_FILE_SYSTEMS.contains(fields[2])
          && options.stream().noneMatch(BOUND::contains)) {
        entries.add(
            new Entry(spec, unescaped(fields[1]), options.stream().anyMatch(OPTIONAL::contains)));
      }
    }
    return new Fstab(entries);
  }

  /**
   * Requires that the disk has all that its system can't be serviced without.
   *
   * @param found the mount points whose file systems are on the disk
   * @throws UnfitDiskException if a file system with files of packages is missing, and the system
   *     does not start without it
   */
  void requireOwn(Set<String> found) throws UnfitDiskException {
    for (Entry entry : entries) {
      if (!entry.optional
          && !found.contains(entry.mountPoint)
          && MountPoints.isOfTheSystem(entry.mountPoint)) {
        throw new UnfitDiskException(
            "/etc/fstab mounts %s on %s, and that file system is not on this disk. Copy it to this disk, or take the entry out or add the option nofail, and upload the disk again."
                .formatted(entry.spec, entry.mountPoint));
      }
    }
  }

  /** A space is written \040 (getmntent(3)). */
  private static String unescaped(String field) {
    return field
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }

  /** The value of a tag may stand in quotes. */
  private static String unquoted(String spec) {
    return spec.replaceFirst("^([A-Z]+=)\"(.*)\"$", "$1$2");
  }
}
