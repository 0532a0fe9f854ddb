package dev.regild.windows.registry;

import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.Inventory;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import dev.regild.plan.WindowsFacts;
import dev.regild.plan.WindowsFacts.InstalledKb;
import dev.regild.plan.WindowsFacts.Program;
import dev.regild.windows.registry.DriverStore.StoredDriver;
import dev.regild.windows.registry.InstalledKbs.Identity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The inventory of a Windows, from its registry. */
final class WindowsInventory {
  private static final String MICROSOFT = "Microsoft Corporation";

  private WindowsInventory() {}

  /**
   * Reads what is installed.
   *
   * @param changesAreQueued whether servicing has left work for the next start
   * @throws UnfitDiskException if there is no platform for this Windows
   * @throws DamagedHiveException if a hive makes no sense
   */
  static Inventory read(WindowsRegistry registry, boolean changesAreQueued)
      throws UnfitDiskException {
    WindowsSystem system = WindowsSystem.read(registry);
    List<StoredDriver> drivers = DriverStore.drivers(registry);
    WindowsFacts facts =
        new WindowsFacts(
            system.edition(),
            system.displayVersion(),
            system.build(),
            InstalledKbs.read(registry),
            drivers.stream().map(StoredDriver::driver).toList(),
            DriverStore.devices(registry),
            InstalledPrograms.read(registry, system.architecture()),
            pendingRestarts(registry, changesAreQueued),
            DriverStore.hardware(registry),
            ComputerIds.read(registry));
    return new Inventory(
        system.os(),
        system.architecture(),
        packages(system, facts, drivers),
        Collections.emptySortedMap(),
        Optional.of(facts));
  }

  private static List<InstalledPackage> packages(
      WindowsSystem system, WindowsFacts facts, List<StoredDriver> drivers) {
    Newest newest = new Newest();
    newest.add(WindowsFacts.SYSTEM, system.architecture(), system.os().version(), MICROSOFT);
    for (InstalledKb update : facts.updates()) {
      if (InstalledKbs.isPresent(update)) {
        Identity.of(update.identity())
            .ifPresent(
                each -> newest.add(each.name(), each.architecture(), each.version(), MICROSOFT));
      }
    }
    for (StoredDriver each : drivers) {
      WindowsFacts.Driver driver = each.driver();
      newest.add(driver.inf(), each.architecture(), driver.version(), driver.provider());
    }
    for (Program program : facts.programs()) {
      newest.add(program.name(), program.architecture(), program.version(), "");
    }
    return List.copyOf(newest.packages.values());
  }

  private static List<String> pendingRestarts(WindowsRegistry registry, boolean changesAreQueued) {
    List<String> signs = new ArrayList<>();
    for (PendingRestart sign : PendingRestart.values()) {
      if (isThere(registry, sign)) {
        signs.add(sign.registryName());
      }
    }
    if (changesAreQueued) {
      signs.add(PendingRestart.QUEUE);
    }
    return signs;
  }

  private static boolean isThere(WindowsRegistry registry, PendingRestart sign) {
    Optional<RegistryKey> key = registry.find(sign.key());
    return switch (sign) {
      case COMPONENTS, PACKAGES, UPDATES -> key.isPresent();
      case SESSIONS -> key.map(k -> k.number(sign.value()).orElse(0)).orElse(0L) != 0;
      case FILES -> key.map(k -> !k.texts(sign.value()).isEmpty()).orElse(false);
    };
  }

  /** Of packages that have the same name and architecture, the newest one counts. */
  private static final class Newest {
    private static final Comparator<InstalledPackage> ORDER =
        Comparator.comparing(InstalledPackage::version, WindowsVersion.ORDER);

    private final SortedMap<List<String>, InstalledPackage> packages =
        new TreeMap<>(
            Comparator.<List<String>, String>comparing(List::getFirst)
                .thenComparing(List::getLast));

    void add(String name, String architecture, String version, String vendor) {
      PackageOrigin origin = new PackageOrigin("", "", vendor, "", "");
      packages.merge(
          List.of(name, architecture),
          new InstalledPackage(name, architecture, version, false).from(origin),
          (a, b) -> ORDER.compare(a, b) >= 0 ? a : b);
    }
  }
}
