package dev.regild.update.steps;

import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.Inventory;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.job.StepException;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageFamily;
import dev.regild.plan.UpdatePlan;
import java.io.IOException;
import java.util.List;

/** Reads the inventory again: everything in the plan is now at its version or better. */
public final class Verify implements Step<Prepare.Open, Verify.Verified> {
  /**
   * An update that is on its disk.
   *
   * @param inventory of the new image
   */
  public record Verified(Prepare.Open open, Inventory inventory) {
    Update update() {
      return open.update();
    }
  }

  @Override
  public String name() {
    return "Verify";
  }

  @Override
  public Verified run(Prepare.Open open, StepControl control)
      throws IOException, UnfitDiskException, StepException, InterruptedException {
    Inventory inventory = open.servicing().verify();
    Update update = open.update();
    requireKept(update.plan(), inventory.packages(), update.snapshot().family());
    return new Verified(open, inventory);
  }

  @Override
  public String outcome(Verified verified) {
    return verified.inventory().packages().size() + " packages installed";
  }

  @Override
  public String remedy(Prepare.Open open, String reason) {
    return Remedy.of(reason, Remedy.REPAIR);
  }

  /**
   * Compares what was promised with what is installed.
   *
   * @throws StepException naming each package that is not at its version
   */
  static void requireKept(UpdatePlan plan, List<InstalledPackage> installed, PackageFamily family)
      throws StepException {
    List<String> broken =
        plan.unmet(installed, family).stream()
            .map(change -> change.name() + " " + change.to())
            .toList();
    if (!broken.isEmpty()) {
      throw new StepException(
          "These packages are not at the planned version: " + String.join(", ", broken));
    }
  }
}
