package dev.regild.update.fleet;

import dev.regild.insight.InventoryDifference;
import dev.regild.insight.PackageDifference;
import dev.regild.inventory.Inventory;
import dev.regild.plan.Change;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageChange;
import dev.regild.plan.PackageFamily;
import dev.regild.plan.UpdatePlan;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What an update changed, beside what its plan said.
 *
 * @param changed every package that differs, sorted by name
 * @param unplanned those of them that the plan does not name, or not at this version
 * @param missing the plan's changes whose version is not installed
 */
public record PlanOutcome(
    List<PackageDifference> changed, List<PackageDifference> unplanned, List<Change> missing) {

  /**
   * Compares what was installed before and after an update with its plan.
   *
   * @param plan as it was performed
   */
  public static PlanOutcome of(
      UpdatePlan plan, Inventory before, Inventory after, PackageFamily family) {
    List<PackageDifference> changed = InventoryDifference.between(before, after, family);
    Set<Result> planned = new HashSet<>();
    plan.changes().forEach(each -> planned.add(new Result(each.name(), each.to())));
    for (PackageChange each : plan.others()) {
      // The name has its architecture where that is a foreign one.
      planned.add(
          new Result(
              each.name().replaceFirst("(:[a-z0-9-]+|\\.(i[3-6]86|x86_64|aarch64|noarch))$", ""),
              each.to()));
      planned.add(new Result(each.name(), each.to()));
    }
    Set<Result> replaced = new HashSet<>();
    plan.changes().forEach(each -> replaced.add(new Result(each.name(), each.from())));
    Set<Result> installed = new HashSet<>();
    for (InstalledPackage each : after.packages()) {
      installed.add(new Result(each.name(), each.version()));
    }
    return new PlanOutcome(
        changed,
        changed.stream()
            .filter(each ->
                !planned.contains(new Result(each.name(), each.to()))
                    && !(each.to().isEmpty()
                        && replaced.contains(new Result(each.name(), each.from()))))
            .toList(),
        plan.changes().stream()
            .filter(each -> !installed.contains(new Result(each.name(), each.to())))
            .toList());
  }

  private record Result(String name, String version) {}

  /** Whether exactly the plan was done. */
  public boolean isEqual() {
    return unplanned.isEmpty() && missing.isEmpty();
  }
}
