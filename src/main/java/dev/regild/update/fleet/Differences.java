package dev.regild.update.fleet;

import dev.regild.channel.PackageSystem;
import dev.regild.channel.Snapshot;
import dev.regild.db.Database;
import dev.regild.feed.FeedChangelogs;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.RefusedException;
import dev.regild.insight.Changelog;
import dev.regild.insight.Changelogs;
import dev.regild.insight.FixFinder;
import dev.regild.insight.Fixes;
import dev.regild.insight.InventoryDifference;
import dev.regild.insight.PackageDifference;
import dev.regild.insight.Replacement;
import dev.regild.insight.SourceFixes;
import dev.regild.inventory.Inventory;
import dev.regild.plan.Advisory;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageVersion;
import dev.regild.plan.UpdatePlan;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.UpdatePlans;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/** Compares images with each other, and with snapshots. */
public final class Differences {
  /** An image that is updated daily gets there in three years. */
  private static final int LONGEST_LINEAGE = 1000;

  private final Database database;
  private final UpdatePlans plans;
  private final PlannedFixes plannedFixes;
  private final SnapshotChangelogs changelogs;
  private final FeedChangelogs feeds;

  /**
   * @param feeds say what packages without a changelog fix
   */
  public Differences(
      Database database,
      UpdatePlans plans,
      PlannedFixes plannedFixes,
      SnapshotChangelogs changelogs,
      FeedChangelogs feeds) {
    this.feeds = feeds;
    this.database = database;
    this.plans = plans;
    this.plannedFixes = plannedFixes;
    this.changelogs = changelogs;
  }

  /** An image and what is installed in it. */
  public record Subject(Image image, Inventory inventory) {}

  /**
   * Compares two images.
   *
   * @param system of both
   */
  public Difference between(Subject first, Subject second, PackageSystem system) {
    List<PackageDifference> packages =
        InventoryDifference.between(first.inventory(), second.inventory(), system.family());
    Optional<Fixes> fixed =
        database
            .read(handle -> fixesOfLineage(handle, first.image(), second.image()))
            .or(() -> fixes(system, first.inventory(), newer(packages)));
    Optional<Fixes> lost = fixes(system, second.inventory(), older(packages));
    return new Difference(packages, fixed, lost, advisories(first, second, packages));
  }

  /** Compares an image with what an update to a snapshot would make of it. */
  public Difference toSnapshot(Subject first, UpdatePlans.Offer offer) {
    UpdatePlan plan = plans.plan(offer, first.image().disk().orElseThrow().inventory());
    SortedMap<String, Advisory> advisories = new TreeMap<>();
    plan.changes()
        .forEach(change -> change.advisories().forEach(each -> advisories.put(each.id(), each)));
    return new Difference(
        packages(plan, offer.snapshot()),
        Optional.of(plannedFixes.find(offer.snapshot(), first.inventory(), plan)),
        Optional.empty(),
        List.copyOf(advisories.values()));
  }

  private static List<PackageDifference> packages(UpdatePlan plan, Snapshot snapshot) {
    List<PackageDifference> packages = new ArrayList<>();
    plan.changes()
        .forEach(each -> {
          boolean higher = snapshot.family().order().compare(each.to(), each.from()) > 0;
          packages.add(
              new PackageDifference(
                  each.from().isEmpty()
                      ? PackageDifference.Kind.ADDED
                      : higher
                          ? PackageDifference.Kind.UPGRADED
                          : PackageDifference.Kind.DOWNGRADED,
                  each.name(),
                  each.architecture(),
                  each.from(),
                  each.to()));
        });
    plan.others()
        .forEach(each -> {
          if (each.to().isEmpty()) {
            packages.add(
                new PackageDifference(
                    PackageDifference.Kind.REMOVED, each.name(), "", each.from(), ""));
          }
        });
    packages.sort(InventoryDifference.ORDER);
    return packages;
  }

  /**
   * Returns what the updates from the first image to the second fixed; empty if the second does not
   * descend from the first, or if it is not recorded of each.
   */
  private static Optional<Fixes> fixesOfLineage(Handle handle, Image first, Image second) {
    List<SourceFixes> all = new ArrayList<>();
    Image next = second;
    for (int i = 0; i < LONGEST_LINEAGE && !next.id().equals(first.id()); i++) {
      Optional<Fixes> fixes = Changelogs.fixesOf(handle, next.id());
      Optional<Image> before =
          next.origin().predecessor().flatMap(each -> Images.findById(handle, each.id()));
      if (fixes.isEmpty() || before.isEmpty()) {
        return Optional.empty();
      }
      all.addAll(fixes.get().sources());
      next = before.get();
    }
    if (!next.id().equals(first.id())) {
      return Optional.empty();
    }
    // By source; of one source, the earliest update first.
    Collections.reverse(all);
    all.sort(Comparator.comparing(SourceFixes::source));
    return Optional.of(new Fixes(all));
  }

  /** The packages that are newer in the second image. A new kernel is a package that was added. */
  private static List<Replacement> newer(List<PackageDifference> packages) {
    return packages.stream()
        .filter(each ->
            each.kind() == PackageDifference.Kind.UPGRADED
                || each.kind() == PackageDifference.Kind.ADDED)
        .map(each -> new Replacement(each.name(), each.from(), each.to(), List.of()))
        .toList();
  }

  /** The packages that are older in the second image, as updates of it to those of the first. */
  private static List<Replacement> older(List<PackageDifference> packages) {
    return packages.stream()
        .filter(each -> each.kind() == PackageDifference.Kind.DOWNGRADED)
        .map(each -> new Replacement(each.name(), each.to(), each.from(), List.of()))
        .toList();
  }

  /** Finds what replacements of installed packages fix, by changelogs that were read before. */
  private Optional<Fixes> fixes(
      PackageSystem system, Inventory installed, List<Replacement> replacements) {
    if (replacements.isEmpty()) {
      return Optional.empty();
    }
    Map<PackageVersion, Changelog> known =
        changelogs.find(
            replacements.stream().map(each -> new PackageVersion(each.name(), each.to())).toList());
    FeedChangelogs.OfPlatform said = feeds.of(installed.os().platform(), system);
    FixFinder finder =
        new FixFinder(
            system.notes(),
            system.family(),
            installed.packages(),
            each -> {
              PackageVersion version = new PackageVersion(each.name(), each.to());
              return Optional.ofNullable(known.get(version)).or(() -> said.changelog(version));
            });
    return Optional.of(finder.find(replacements)).filter(fixes -> !fixes.sources().isEmpty());
  }

  /** What the channel of the first image says now about the packages that are newer. */
  private List<Advisory> advisories(
      Subject first, Subject second, List<PackageDifference> packages) {
    String platform = first.image().platform().orElse("");
    if (!second.image().platform().equals(first.image().platform())) {
      return List.of();
    }
    Snapshot snapshot;
    try {
      snapshot = plans.offerFor(platform).snapshot();
    } catch (RefusedException e) {
      return List.of();
    }
    Map<PackageVersion, InstalledPackage> installed = new HashMap<>();
    first
        .inventory()
        .packages()
        .forEach(each -> installed.put(new PackageVersion(each.name(), each.version()), each));
    SortedMap<String, Advisory> advisories = new TreeMap<>();
    for (PackageDifference each : packages) {
      InstalledPackage before = installed.get(new PackageVersion(each.name(), each.from()));
      if (each.kind() == PackageDifference.Kind.UPGRADED && before != null) {
        snapshot
            .reasonsFor(before, each.to())
            .advisories()
            .forEach(it -> advisories.put(it.id(), it));
      }
    }
    return List.copyOf(advisories.values());
  }
}
