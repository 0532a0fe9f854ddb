package dev.regild.insight;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toCollection;

import dev.regild.inventory.Inventory;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageFamily;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;

/** Compares what is installed in two images, which need not be related. */
public final class InventoryDifference {
  /** By name, then architecture, then versions. */
  public static final Comparator<PackageDifference> ORDER =
      Comparator.comparing(PackageDifference::name)
          .thenComparing(PackageDifference::architecture)
          .thenComparing(PackageDifference::from)
          .thenComparing(PackageDifference::to);

  private InventoryDifference() {}

  private record Identity(String name, String architecture) {}

  /**
   * Compares two inventories. A package with several installed versions, such as an rpm kernel, is
   * compared version by version. One with a single version on either side has changed from one to
   * the other.
   *
   * @param family has the order of versions
   * @return the differences, sorted by name
   */
  public static List<PackageDifference> between(
      Inventory first, Inventory second, PackageFamily family) {
    Map<Identity, NavigableSet<String>> before = versions(first, family);
    Map<Identity, NavigableSet<String>> after = versions(second, family);
    List<PackageDifference> all = new ArrayList<>();
    before.forEach((each, versions) -> {
      NavigableSet<String> kept = after.getOrDefault(each, new TreeSet<>(family.order()));
      NavigableSet<String> gone = without(versions, kept);
      NavigableSet<String> come = without(kept, versions);
      if (gone.size() == 1 && come.size() == 1) {
        all.add(changed(each, gone.first(), come.first(), family));
      } else {
        gone.forEach(version -> all.add(only(PackageDifference.Kind.REMOVED, each, version)));
        come.forEach(version -> all.add(only(PackageDifference.Kind.ADDED, each, version)));
      }
    });
    after.forEach((each, versions) -> {
      if (!before.containsKey(each)) {
        versions.forEach(version -> all.add(only(PackageDifference.Kind.ADDED, each, version)));
      }
    });
    all.sort(ORDER);
    return all;
  }

  private static Map<Identity, NavigableSet<String>> versions(
      Inventory each, PackageFamily family) {
    return each.packages().stream()
        .collect(
            groupingBy(
                it -> new Identity(it.name(), it.architecture()),
                HashMap::new,
                mapping(
                    InstalledPackage::version, toCollection(() -> new TreeSet<>(family.order())))));
  }

  private static NavigableSet<String> without(
      NavigableSet<String> versions, NavigableSet<String> others) {
    NavigableSet<String> rest = new TreeSet<>(versions);
    rest.removeAll(others);
    return rest;
  }

  private static PackageDifference changed(
      Identity each, String from, String to, PackageFamily family) {
    boolean higher = family.order().compare(to, from) > 0;
    return new PackageDifference(
        higher ? PackageDifference.Kind.UPGRADED : PackageDifference.Kind.DOWNGRADED,
        each.name(),
        each.architecture(),
        from,
        to);
  }

  private static PackageDifference only(
      PackageDifference.Kind kind, Identity each, String version) {
    boolean added = kind == PackageDifference.Kind.ADDED;
    return new PackageDifference(
        kind, each.name(), each.architecture(), added ? "" : version, added ? version : "");
  }
}
