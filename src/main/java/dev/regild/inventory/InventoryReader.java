package dev.regild.inventory;

import dev.regild.disk.UnfitDiskException;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PlatformType;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads the inventory of a Linux. */
public final class InventoryReader {
  /**
   * What x86-64 machines run, in the words of dpkg, of rpm and of libguestfs. An rpm database that
   * holds nothing but {@code noarch} is of no other.
   */
  private static final Set<String> ARCHITECTURES =
      Set.of("amd64", "x86_64", "i386", "i486", "i586", "i686", "x86", "noarch");

  /** The order of an inventory's packages. */
  public static final Comparator<InstalledPackage> ORDER =
      Comparator.comparing(InstalledPackage::name).thenComparing(InstalledPackage::architecture);

  private InventoryReader() {}

  /**
   * Reads what is installed.
   *
   * @param systems that it may be
   * @throws UnfitDiskException if there is no operating system that can be serviced; the message
   *     says what was found instead
   */
  public static Inventory read(Collection<? extends InstalledSystem> systems, GuestFiles files)
      throws IOException, UnfitDiskException {
    Map<String, String> release = osRelease(files);
    String id = release.getOrDefault("ID", "");
    String version = release.getOrDefault("VERSION_ID", "");
    String name = release.getOrDefault("PRETTY_NAME", id + " " + version);
    for (InstalledSystem system : systems) {
      for (PlatformType type : system.platforms()) {
        Optional<String> platform = type.nameOf(id, version);
        if (platform.isPresent()) {
          Inventory inventory =
              system.read(new OperatingSystem(platform.get(), name, version), files);
          requireArchitecture(inventory.architecture());
          return inventory;
        }
      }
    }
    throw new UnfitDiskException(
        "The operating system on this disk is \""
            + name
            + "\", which Regild does not support. Supported: "
            + InstalledSystem.products(systems)
            + ".");
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
}
