package dev.regild.apt;

import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.ConfigurationCheck;
import dev.regild.inventory.GuestFiles;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.InventoryReader;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Reads what dpkg has installed, from its files. */
final class DpkgInventory {
  /** The first file of what dpkg has not yet put into its status. */
  private static final String JOURNAL = "/var/lib/dpkg/updates/0000";

  private static final String DEBIAN = "DEBIAN_";

  private DpkgInventory() {}

  static Inventory read(OperatingSystem named, GuestFiles files)
      throws IOException, UnfitDiskException {
    OperatingSystem os = exact(named, files);
    if (!files.exists(DpkgStatus.FILE)) {
      throw new UnfitDiskException(
          "No package manager was found in this "
              + os.name()
              + ": "
              + DpkgStatus.FILE
              + " is missing.");
    }
    List<DpkgStatus.Entry> entries = DpkgStatus.parse(files.read(DpkgStatus.FILE));
    requireWhole(entries, files);
    List<DpkgStatus.Entry> installed =
        entries.stream().filter(DpkgStatus.Entry::installed).toList();
    return new Inventory(
        os,
        architecture(entries),
        installed.stream()
            .map(e ->
                new InstalledPackage(
                    e.name(), e.architecture(), e.version(), e.held(), Optional.of(e.origin())))
            .sorted(InventoryReader.ORDER)
            .toList(),
        Collections.emptySortedMap(),
        AptPolicy.read(files),
        ConfigurationCheck.md5(
            installed.stream().flatMap(each -> each.configuration().stream()).toList(), files));
  }

  /** apt refuses to work on a system whose dpkg was cut short; better to hear it now. */
  private static void requireWhole(List<DpkgStatus.Entry> entries, GuestFiles files)
      throws IOException, UnfitDiskException {
    if (files.exists(JOURNAL)) {
      throw new UnfitDiskException(
          "dpkg was interrupted in this system: /var/lib/dpkg/updates is not empty. Run \"dpkg"
              + " --configure -a\" in it, and upload its disk again.");
    }
    List<String> broken =
        entries.stream()
            .filter(each -> each.status().contains(" reinstreq "))
            .map(DpkgStatus.Entry::name)
            .toList();
    if (!broken.isEmpty()) {
      throw new UnfitDiskException(
          "These packages are only half installed: %s. Run \"apt-get install --reinstall\" for them in the system, and upload its disk again."
              .formatted(String.join(", ", broken)));
    }
  }

  private static OperatingSystem exact(OperatingSystem os, GuestFiles files) throws IOException {
    return os.platform().startsWith(DEBIAN)
        ? new OperatingSystem(os.platform(), os.name(), debianVersion(files, os.version()))
        : os;
  }

  private static String debianVersion(GuestFiles files, String version) throws IOException {
    String path = "/etc/debian_version";
    if (!files.exists(path)) {
      return version;
    }
    String exact = files.text(path).strip();
    return exact.isEmpty() ? version : exact;
  }

  /** dpkg's main architecture is the one that dpkg itself is built for. */
  private static String architecture(List<DpkgStatus.Entry> entries) throws UnfitDiskException {
    return entries.stream()
        .filter(e -> e.installed() && e.name().equals("dpkg"))
        .map(DpkgStatus.Entry::architecture)
        .findFirst()
        .orElseThrow(() ->
            new UnfitDiskException(
                "No package manager was found on this disk: the package dpkg is not installed"
                    + " in it."));
  }
}
