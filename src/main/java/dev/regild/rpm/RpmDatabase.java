package dev.regild.rpm;

import dev.regild.apt.DpkgStatus;
import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.GuestFiles;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What rpm knows to be installed. The database has three forms (Berkeley DB, ndb, SQLite), and each
 * rpm reads its own, so the guest's own rpm is asked.
 */
final class RpmDatabase {
  /** Two lines for each package. The second begins with a tab and has texts by the packager. */
  private static final String FORMAT =
      "%{NAME}\\t%{EPOCH}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\n"
          + "\\t%{SOURCERPM}\\t%{VENDOR}\\t%{GROUP}\\t%{LICENSE}\\n";

  private static final String NONE = "(none)";

  private RpmDatabase() {}

  /** Every installed package; of kernels all versions. */
  static List<InstalledPackage> read(GuestFiles guest) throws IOException {
    // What a Berkeley DB keeps of processes that are gone, perhaps of another kernel, stops it.
    guest.run("sh", "-c", "rm -f /var/lib/rpm/__db.*");
    List<InstalledPackage> packages = new ArrayList<>();
    boolean described = true;
    for (String line : guest.run("rpm", "-qa", "--qf", FORMAT).lines().toList()) {
      String[] fields = line.split("\t", -1);
      boolean follows = line.startsWith("\t");
      if (follows && fields.length >= 5 && !described) {
        packages.add(packages.removeLast().from(origin(fields)));
        described = true;
        continue;
      }
      if (described && (follows || (fields.length != 5 && !packages.isEmpty()))) {
        // It describes a key, or continues a text of the line before.
        continue;
      }
      if (fields.length != 5) {
        throw new IOException("The guest's rpm lists a package in an unexpected format: " + line);
      }
      // The keys that rpm trusts are kept as packages that have no architecture.
      described = fields[4].equals(NONE);
      if (!described) {
        String version = RpmVersion.of(fields[1], fields[2], fields[3]);
        if (packages.size() == DpkgStatus.MOST_PACKAGES) {
          throw new IOException(
              "The guest's rpm lists more than " + DpkgStatus.MOST_PACKAGES + " packages.");
        }
        packages.add(new InstalledPackage(fields[0], fields[4], version, false));
      }
    }
    return packages;
  }

  private static PackageOrigin origin(String[] fields) {
    SourceRpm source = SourceRpm.of(known(fields[1]));
    return new PackageOrigin(
        source.name(), source.version(), known(fields[2]), known(fields[3]), known(fields[4]));
  }

  private static String known(String field) {
    return field.equals(NONE) ? "" : field;
  }

  /** rpm's main architecture is the one that rpm itself is built for. */
  static String architecture(List<InstalledPackage> packages) throws UnfitDiskException {
    return packages.stream()
        .filter(each -> each.name().equals("rpm"))
        .map(InstalledPackage::architecture)
        .findFirst()
        .orElseThrow(() ->
            new UnfitDiskException(
                "No package manager was found on this disk: the package rpm is not installed in"
                    + " it."));
  }
}
