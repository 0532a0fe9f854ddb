package dev.regild.inventory;

import dev.regild.apt.AptPolicy;
import dev.regild.apt.DpkgStatus;
import dev.regild.disk.UnfitDiskException;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageSystem;
import dev.regild.plan.PlatformType;
import dev.regild.rpm.DnfModules;
import dev.regild.rpm.RpmDatabase;
import dev.regild.rpm.RpmPolicy;
import java.io.IOException;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the inventory of a system: of Debian's family from its files, of rpm's by its own rpm. */
public final class InventoryReader {
  /** The first file of what dpkg has not yet put into its status. */
  private static final String DPKG_JOURNAL = "/var/lib/dpkg/updates/0000";

  private static final String RPM = "/usr/bin/rpm";

  /**
   * What x86-64 machines run, in the words of dpkg, of rpm and of libguestfs. An rpm database that
   * holds nothing but {@code noarch} is of no other.
   */
  private static final Set<String> ARCHITECTURES =
      Set.of("amd64", "x86_64", "i386", "i486", "i586", "i686", "x86", "noarch");

  private static final Comparator<InstalledPackage> ORDER =
      Comparator.comparing(InstalledPackage::name).thenComparing(InstalledPackage::architecture);

  private InventoryReader() {}

  /**
   * Reads what is installed.
   *
   * @throws UnfitDiskException if there is no operating system that can be serviced; the message
   *     says what was found instead
   */
  public static Inventory read(GuestFiles files) throws IOException, UnfitDiskException {
    Map<String, String> release = osRelease(files);
    String id = release.getOrDefault("ID", "");
    String version = release.getOrDefault("VERSION_ID", "");
    String name = release.getOrDefault("PRETTY_NAME", id + " " + version);
    String platform =
        PlatformType.ofLinux(id, version)
            .orElseThrow(() ->
                new UnfitDiskException(
                    "The operating system on this disk is \""
                        + name
                        + "\", which Regild does not support. Supported: "
                        + PlatformType.products()
                        + "."));
    OperatingSystem os =
        new OperatingSystem(
            platform, name, id.equals("debian") ? debianVersion(files, version) : version);
    Inventory inventory =
        switch (PlatformType.of(platform).system()) {
          case DPKG -> ofDpkg(os, files);
          case RPM -> ofRpm(os, files);
          case WINDOWS -> throw new IllegalStateException("Windows has no os-release");
        };
    requireArchitecture(inventory.architecture());
    return inventory;
  }

  /**
   * Machines have a processor of the x86 family, and emulate no other.
   *
   * @param architecture in the word of dpkg, of rpm or of libguestfs
   */
  public static void requireArchitecture(String architecture) throws UnfitDiskException {
    if (!ARCHITECTURES.contains(architecture)) {
      throw new UnfitDiskException(
          "This system is for %s, but this server only runs x86-64. Upload an x86-64 disk."
              .formatted(architecture));
    }
  }

  private static Inventory ofDpkg(OperatingSystem os, GuestFiles files)
      throws IOException, UnfitDiskException {
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
    return new Inventory(
        os,
        architecture(entries),
        entries.stream()
            .filter(DpkgStatus.Entry::installed)
            .map(e -> new InstalledPackage(e.name(), e.architecture(), e.version(), e.held()))
            .sorted(ORDER)
            .toList(),
        Collections.emptySortedMap(),
        AptPolicy.read(files));
  }

  /** apt refuses to work on a system whose dpkg was cut short; better to hear it now. */
  private static void requireWhole(List<DpkgStatus.Entry> entries, GuestFiles files)
      throws IOException, UnfitDiskException {
    if (files.exists(DPKG_JOURNAL)) {
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

  private static Inventory ofRpm(OperatingSystem os, GuestFiles files)
      throws IOException, UnfitDiskException {
    if (!files.exists(RPM)) {
      throw new UnfitDiskException(
          "No package manager was found in this " + os.name() + ": " + RPM + " is missing.");
    }
    List<InstalledPackage> packages = RpmDatabase.read(files);
    return new Inventory(
        os,
        RpmDatabase.architecture(packages),
        packages.stream()
            .sorted(ORDER.thenComparing(InstalledPackage::version, PackageSystem.RPM.order()))
            .toList(),
        DnfModules.read(files),
        RpmPolicy.read(files));
  }

  private static Map<String, String> osRelease(GuestFiles files)
      throws IOException, UnfitDiskException {
    for (String path : List.of("/etc/os-release", "/usr/lib/os-release")) {
      if (files.exists(path)) {
        return OsRelease.parse(files.text(path));
      }
    }
    throw new UnfitDiskException(
        "The operating system on this disk has no /etc/os-release, so its platform is unknown.");
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
