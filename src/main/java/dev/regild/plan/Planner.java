package dev.regild.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;

/** Compares what is installed with what a channel offers. */
public final class Planner {
  private static final Comparator<Change> ORDER =
      Comparator.comparing(Change::kind)
          .thenComparing(Change::name)
          .thenComparing(Change::architecture);

  private Planner() {}

  /**
   * Every installed package for which the channel has a higher version and which is not on hold. Of
   * several installed versions of one package, as kernels have them, the newest counts. Then what
   * the channel adds.
   */
  public static UpdatePlan plan(
      Collection<InstalledPackage> installed, AvailablePackages available, PlanRules rules) {
    List<Change> changes = new ArrayList<>();
    for (InstalledPackage each : newest(installed, available.system())) {
      if (!each.held()) {
        available
            .upgradeOf(each)
            .ifPresent(to ->
                changes.add(
                    change(rules.kindOf(each.name()), each, to, available.reasonsFor(each, to))));
      }
    }
    for (NewPackage each : available.additions()) {
      InstalledPackage none = new InstalledPackage(each.name(), each.architecture(), "", false);
      changes.add(
          change(
              rules.kindOf(each.name()),
              none,
              each.version(),
              available.reasonsFor(none, each.version())));
    }
    changes.sort(ORDER);
    return new UpdatePlan(changes, available.securityOnly());
  }

  private static Change change(
      ChangeKind kind, InstalledPackage installed, String to, UpdateReasons reasons) {
    return new Change(
        kind,
        installed.name(),
        installed.architecture(),
        installed.version(),
        to,
        reasons.security(),
        reasons.advisories());
  }

  private record Identity(String name, String architecture) {}

  private static Collection<InstalledPackage> newest(
      Collection<InstalledPackage> installed, PackageSystem system) {
    BinaryOperator<InstalledPackage> newer =
        BinaryOperator.maxBy(Comparator.comparing(InstalledPackage::version, system.order()));
    Map<Identity, InstalledPackage> result = new LinkedHashMap<>();
    for (InstalledPackage each : installed) {
      result.merge(new Identity(each.name(), each.architecture()), each, newer);
    }
    return result.values();
  }
}
