package dev.regild.rpm;

import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.GuestFiles;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.InventoryReader;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import java.io.IOException;
import java.util.List;

/** Reads what rpm has installed, by the guest's own rpm. */
final class RpmInventory {
  private static final String RPM = "/usr/bin/rpm";

  private RpmInventory() {}

  static Inventory read(OperatingSystem os, GuestFiles files)
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
            .sorted(
                InventoryReader.ORDER.thenComparing(InstalledPackage::version, RpmVersion.ORDER))
            .toList(),
        DnfModules.read(files),
        RpmPolicy.read(files),
        RpmConfiguration.read(files));
  }
}
