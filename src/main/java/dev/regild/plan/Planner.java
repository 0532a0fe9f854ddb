package dev.regild.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.stream.Collectors;

/** Compares what is installed with what a channel offers. */
public final class Planner {
  private static final Comparator<Change> ORDER =
      Comparator.comparing(Change::kind)
          .thenComparing(Change::name)
          .thenComparing(Change::architecture);

  private static final Comparator<KeptBack> BY_NAME =
      Comparator.comparing(KeptBack::name).thenComparing(KeptBack::architecture);

  private Planner() {}

  /**
   * Every installed package for which the channel has a higher version and which is not on hold. Of
   * several installed versions of one package, the newest counts. A package that replaces an
   * installed one comes instead of its upgrade. Then come the packages that the channel adds. What
   * the image's owner holds back is listed separately.
   */
  public static UpdatePlan plan(
      Collection<InstalledPackage> installed, AvailablePackages available, ChangeKinds kinds) {
    Set<String> names = installed.stream().map(InstalledPackage::name).collect(Collectors.toSet());
    Set<NewPackage> additions = new LinkedHashSet<>();
    List<Change> changes = new ArrayList<>();
    List<KeptBack> keptBack = new ArrayList<>();
    List<PackageChange> replaced = new ArrayList<>();
    for (InstalledPackage each : newest(installed, available.family())) {
      List<NewPackage> replacements = each.held() ? List.of() : available.replacementsOf(each);
      if (!replacements.isEmpty()) {
        replaced.add(replaced(each, replacements));
      }
      // One that is installed is upgraded by itself.
      replacements.stream().filter(it -> !names.contains(it.name())).forEach(additions::add);
      if (!each.held() && replacements.isEmpty()) {
        available
            .upgradeOf(each)
            .ifPresent(to ->
                changes.add(
                    change(kinds.kindOf(each.name()), each, to, available.reasonsFor(each, to))));
      }
      keptBack(each, available).ifPresent(keptBack::add);
    }
    additions.addAll(available.additions());
    for (NewPackage each : additions) {
      InstalledPackage none = new InstalledPackage(each.name(), each.architecture(), "", false);
      changes.add(
          change(
              kinds.kindOf(each.name()),
              none,
              each.version(),
              available.reasonsFor(none, each.version())));
    }
    changes.sort(ORDER);
    keptBack.sort(BY_NAME);
    return new UpdatePlan(changes, available.securityOnly(), keptBack, replaced, List.of());
  }

  private static PackageChange replaced(InstalledPackage each, List<NewPackage> replacements) {
    String by = replacements.stream().map(NewPackage::name).collect(Collectors.joining(", "));
    return new PackageChange(
        PackageChange.Kind.REMOVED, each.name(), each.version(), "", "replaced by " + by);
  }

  private static Optional<KeptBack> keptBack(InstalledPackage each, AvailablePackages available) {
    if (!each.held()) {
      return available.keptBackOf(each);
    }
    return available.upgradeOf(each).map(offered -> new KeptBack(each, offered, KeptBack.ON_HOLD));
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
      Collection<InstalledPackage> installed, PackageFamily system) {
    BinaryOperator<InstalledPackage> newer =
        BinaryOperator.maxBy(Comparator.comparing(InstalledPackage::version, system.order()));
    Map<Identity, InstalledPackage> result = new LinkedHashMap<>();
    for (InstalledPackage each : installed) {
      result.merge(new Identity(each.name(), each.architecture()), each, newer);
    }
    return result.values();
  }
}
