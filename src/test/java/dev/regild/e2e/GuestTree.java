package dev.regild.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.servicing.Guest;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Everything on a guest's root file system.
 *
 * @param entries by path
 * @param versions of the installed packages, by name
 */
record GuestTree(SortedMap<String, Entry> entries, Map<String, String> versions) {
  /** Where an opened guest has something else mounted. */
  private static final Set<String> NOT_ON_THE_DISK =
      Set.of("/dev", "/proc", "/run", "/tmp", "/var/tmp");

  private static final String LIST =
      """
      set -e
      find / -xdev -printf '%%y\\t%%m\\t%%U:%%G\\t%%l\\t%%p\\0' >%1$s/tree
      find / -xdev -type f -print0 | xargs -0 sha256sum -z -- >%1$s/sums
      """
          .formatted(Guest.WORKSPACE);

  /**
   * One file, directory or link.
   *
   * @param type as find(1) has it: {@code f}, {@code d}, {@code l}
   * @param mode the permissions, octal
   * @param owner user and group, by number
   * @param content the SHA-256 of a file, the target of a link
   */
  record Entry(String type, String mode, String owner, String content) {}

  static GuestTree read(Guest guest) throws Exception {
    guest.run(List.of("sh", "-c", LIST), Duration.ofMinutes(5), line -> {});
    Map<String, String> sums = new HashMap<>();
    for (String line : records(guest, "sums")) {
      sums.put(line.substring(66), line.substring(0, 64));
    }
    SortedMap<String, Entry> entries = new TreeMap<>();
    for (String line : records(guest, "tree")) {
      String[] fields = line.split("\t", 5);
      if (!NOT_ON_THE_DISK.contains(fields[4])) {
        String content = fields[0].equals("f") ? sums.get(fields[4]) : fields[3];
        entries.put(fields[4], new Entry(fields[0], fields[1], fields[2], content));
      }
    }
    Map<String, String> versions = new TreeMap<>();
    guest
        .run("dpkg-query", "--show", "--showformat=${db:Status-Status} ${Package} ${Version}\\n")
        .lines()
        .map(line -> line.split(" ", 3))
        .filter(fields -> fields[0].equals("installed"))
        .forEach(fields -> versions.put(fields[1], fields[2]));
    return new GuestTree(entries, versions);
  }

  private static String[] records(Guest guest, String name) throws Exception {
    return new String(guest.read(Guest.WORKSPACE + "/" + name), UTF_8).split("\0", 0);
  }
}
