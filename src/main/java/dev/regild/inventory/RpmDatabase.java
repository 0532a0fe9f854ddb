package dev.regild.inventory;

import dev.regild.disk.UnfitDiskException;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.RpmVersion;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What rpm knows to be installed. The database has three forms (Berkeley DB, ndb, SQLite), and each
 * rpm reads its own, so the guest's own rpm is asked.
 */
final class RpmDatabase {
  private static final String FORMAT = "%{NAME}\\t%{EPOCH}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\n";

  /** Of dnf, and of yum; the plugin is called versionlock in both. */
  private static final List<String> LOCKS =
      List.of("/etc/dnf/plugins/versionlock.list", "/etc/yum/pluginconf.d/versionlock.list");

  /** {@code bash-0:4.4.20-5.el8.*} is dnf's form, {@code 0:bash-4.2.46-34.amzn2.*} yum's. */
  private static final Pattern LOCK = Pattern.compile("(?:\\d+:)?([^!\\s]+)-[^-\\s]+-[^-\\s]+");

  /** Of all installed packages each may be locked, and a line is compared with every package. */
  private static final int MOST_LOCKS = 10_000;

  private RpmDatabase() {}

  /** Every installed package; of kernels all versions. */
  static List<InstalledPackage> read(GuestFiles guest) throws IOException {
    List<Lock> locks = locks(guest);
    List<InstalledPackage> packages = new ArrayList<>();
    for (String line : guest.run("rpm", "-qa", "--qf", FORMAT).lines().toList()) {
      String[] fields = line.split("\t", -1);
      if (fields.length != 5) {
        throw new IOException("The guest's rpm tells of a package in another form: " + line);
      }
      // The keys that rpm trusts are kept as packages that have no architecture.
      if (!fields[4].equals("(none)")) {
        String name = fields[0];
        boolean held = locks.stream().anyMatch(lock -> lock.covers(name));
        String version = RpmVersion.of(fields[1], fields[2], fields[3]);
        if (packages.size() == DpkgStatus.MOST_PACKAGES) {
          throw new IOException(
              "The guest's rpm tells of more than " + DpkgStatus.MOST_PACKAGES + " packages.");
        }
        packages.add(new InstalledPackage(name, fields[4], version, held));
      }
    }
    return packages;
  }

  /** rpm's main architecture is the one that rpm itself is built for. */
  static String architecture(List<InstalledPackage> packages) throws UnfitDiskException {
    return packages.stream()
        .filter(each -> each.name().equals("rpm"))
        .map(InstalledPackage::architecture)
        .findFirst()
        .orElseThrow(() ->
            new UnfitDiskException(
                "There is no package manager on this disk: the package rpm is not installed in"
                    + " it."));
  }

  private static List<Lock> locks(GuestFiles guest) throws IOException {
    List<Lock> locks = new ArrayList<>();
    for (String path : LOCKS) {
      if (guest.exists(path)) {
        guest.text(path).lines().forEach(line -> Lock.of(line).ifPresent(locks::add));
        if (locks.size() > MOST_LOCKS) {
          throw new IOException(path + " locks more than " + MOST_LOCKS + " packages");
        }
      }
    }
    return locks;
  }

  /**
   * The names that a line locks. No regular expression is made of it: the line is the guest's, and
   * must not be able to cost more than its length.
   *
   * @param pieces what a name has one after another, with any characters between them
   */
  private record Lock(List<String> pieces) {
    /** Empty for a line that only excludes a version. */
    static Optional<Lock> of(String line) {
      Matcher lock = LOCK.matcher(line.strip());
      return lock.matches()
          ? Optional.of(new Lock(List.of(lock.group(1).split("\\*+", -1))))
          : Optional.empty();
    }

    boolean covers(String name) {
      String first = pieces.getFirst();
      String last = pieces.getLast();
      int at = first.length();
      int end = name.length() - last.length();
      if (pieces.size() == 1) {
        return name.equals(first);
      }
      if (at > end || !name.startsWith(first) || !name.endsWith(last)) {
        return false;
      }
      for (String piece : pieces.subList(1, pieces.size() - 1)) {
        at = name.indexOf(piece, at);
        if (at < 0 || at + piece.length() > end) {
          return false;
        }
        at += piece.length();
      }
      return true;
    }
  }
}
