package dev.regild.update;

import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.Inventory;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageSystem;
import dev.regild.plan.UpdatePlan;
import java.io.IOException;
import java.util.List;

/** Reads the inventory again: everything in the plan is now at its version or better. */
final class Verify {
  Inventory run(Update update, Servicing servicing)
      throws IOException, UnfitDiskException, StepException, InterruptedException {
    Inventory inventory = servicing.verify();
    requireKept(update.plan(), inventory.packages(), update.snapshot().system());
    return inventory;
  }

  /**
   * Compares what was promised with what is installed.
   *
   * @throws StepException naming each package that is not at its version
   */
  static void requireKept(UpdatePlan plan, List<InstalledPackage> installed, PackageSystem system)
      throws StepException {
    List<String> broken =
        plan.unmet(installed, system).stream()
            .map(change -> change.name() + " " + change.to())
            .toList();
    if (!broken.isEmpty()) {
      throw new StepException(
          "These packages are not at the planned version: " + String.join(", ", broken));
    }
  }
}
