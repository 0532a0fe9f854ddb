package dev.regild.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Compares what is installed with what a channel offers. */
public final class Planner {
  private static final Comparator<Change> ORDER =
      Comparator.comparing(Change::kind)
          .thenComparing(Change::name)
          .thenComparing(Change::architecture);

  private Planner() {}

  /**
   * Every installed package for which the channel has a higher version and which is not on hold.
   */
  public static UpdatePlan plan(
      Collection<InstalledPackage> installed, AvailablePackages available, PlanRules rules) {
    List<Change> changes = new ArrayList<>();
    for (InstalledPackage each : installed) {
      if (!each.held()) {
        available
            .upgradeOf(each)
            .ifPresent(version ->
                changes.add(
                    new Change(
                        rules.kindOf(each.name()),
                        each.name(),
                        each.architecture(),
                        each.version(),
                        version)));
      }
    }
    changes.sort(ORDER);
    return new UpdatePlan(changes);
  }
}
