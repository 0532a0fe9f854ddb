package dev.regild.update.planning;

import dev.regild.channel.Snapshot;
import dev.regild.db.Database;
import dev.regild.feed.FeedChangelogs;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.insight.Changelog;
import dev.regild.insight.FixFinder;
import dev.regild.insight.FixMemo;
import dev.regild.insight.Fixes;
import dev.regild.insight.Replacement;
import dev.regild.inventory.Inventory;
import dev.regild.plan.Change;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageVersion;
import dev.regild.plan.UpdatePlan;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds what a planned update would fix, from changelogs that were read before. Fetches nothing.
 */
public final class PlannedFixes {
  private final Database database;
  private final Inventories inventories;
  private final UpdatePlans plans;
  private final SnapshotChangelogs changelogs;
  private final FeedChangelogs feeds;

  /** Without feeds. */
  public PlannedFixes(
      Database database,
      Inventories inventories,
      UpdatePlans plans,
      SnapshotChangelogs changelogs) {
    this(database, inventories, plans, changelogs, FeedChangelogs.NONE);
  }

  /**
   * @param feeds say what packages without a changelog fix
   */
  public PlannedFixes(
      Database database,
      Inventories inventories,
      UpdatePlans plans,
      SnapshotChangelogs changelogs,
      FeedChangelogs feeds) {
    this.database = database;
    this.inventories = inventories;
    this.plans = plans;
    this.changelogs = changelogs;
    this.feeds = feeds;
  }

  /**
   * Returns what a plan would fix, with the packages for which that is unknown.
   *
   * @param plan the plan of an update of this image
   * @return empty if the image has no disk, or its platform has no snapshot
   */
  public Optional<Fixes> find(Owner owner, String imageName, UpdatePlan plan) {
    Image image = database.read(handle -> Images.requireOwned(handle, owner, imageName));
    Optional<Snapshot> snapshot = snapshot(image);
    if (snapshot.isEmpty() || image.disk().isEmpty()) {
      return Optional.empty();
    }
    Inventory inventory = inventories.load(image.disk().get().inventory());
    return Optional.of(find(snapshot.get(), inventory, plan));
  }

  /**
   * Returns the sizes in bytes of the files that a plan installs; lacks what the snapshot's indexes
   * do not name.
   *
   * @param image that the plan is for
   */
  public Map<PackageVersion, Long> sizes(Image image, UpdatePlan plan) {
    return snapshot(image)
        .map(each ->
            changelogs.sizes(each, replacements(plan).stream().map(PlannedFixes::version).toList()))
        .orElse(Map.of());
  }

  /** Returns what an update of an inventory to a snapshot would fix. */
  public Fixes find(Snapshot snapshot, Inventory inventory, UpdatePlan plan) {
    return read(snapshot, List.of(plan)).find(inventory, inventory.packages(), plan, new FixMemo());
  }

  /** The changelogs that are known of what some plans install. For one thread. */
  public final class Read {
    private final Snapshot snapshot;
    private final Map<PackageVersion, Changelog> known = new HashMap<>();
    private final Set<PackageVersion> asked = new HashSet<>();
    private final Map<String, FeedChangelogs.OfPlatform> byPlatform = new HashMap<>();

    private Read(Snapshot snapshot) {
      this.snapshot = snapshot;
    }

    /** Reads those of more plans, all that were not read before at once. */
    public void add(Collection<UpdatePlan> all) {
      List<PackageVersion> installed = new ArrayList<>();
      for (UpdatePlan plan : all) {
        for (Change each : plan.changes()) {
          PackageVersion version = new PackageVersion(each.name(), each.to());
          if (asked.add(version)) {
            installed.add(version);
          }
        }
      }
      Map<PackageVersion, Changelog> found = changelogs.find(snapshot, installed);
      // Also of what a plan installs itself, which is read already.
      List<PackageVersion> behind =
          found.values().stream()
              .filter(each -> !each.sharedWith().isEmpty())
              .map(each -> new PackageVersion(each.sharedWith(), each.version()))
              .distinct()
              .toList();
      known.putAll(found);
      known.putAll(changelogs.find(snapshot, behind));
    }

    /**
     * Returns what one of these plans would fix, with the packages for which that is unknown.
     *
     * @param inventory of the images that the plan is for
     * @param concerned those of its packages among which are all that the plan changes
     * @param memo of plans that were read together
     */
    public Fixes find(
        Inventory inventory,
        Collection<InstalledPackage> concerned,
        UpdatePlan plan,
        FixMemo memo) {
      FeedChangelogs.OfPlatform said =
          byPlatform.computeIfAbsent(
              inventory.os().platform(), each -> feeds.of(each, snapshot.system()));
      List<Replacement> replacements = new ArrayList<>();
      replacements(plan).forEach(each -> replacements.add(said.withCves(each)));
      replacements.addAll(behind(replacements, known));
      return new FixFinder(
              snapshot.system().notes(),
              snapshot.family(),
              inventory.packages(),
              concerned,
              each ->
                  Optional.ofNullable(known.get(version(each)))
                      .or(() -> said.changelog(version(each))),
              memo)
          .find(replacements);
    }
  }

  /** Reads the changelogs that are known of what plans by one snapshot install, all at once. */
  public Read read(Snapshot snapshot, Collection<UpdatePlan> all) {
    Read read = new Read(snapshot);
    read.add(all);
    return read;
  }

  private static List<Replacement> replacements(UpdatePlan plan) {
    return plan.changes().stream()
        .map(each -> new Replacement(each.name(), each.from(), each.to(), each.advisories()))
        .toList();
  }

  private Optional<Snapshot> snapshot(Image image) {
    try {
      return Optional.of(plans.offerFor(image).snapshot());
    } catch (RefusedException e) {
      return Optional.empty();
    }
  }

  /** Returns the packages whose changelogs others share: a metapackage stands for a new kernel. */
  private static List<Replacement> behind(
      List<Replacement> replacements, Map<PackageVersion, Changelog> known) {
    boolean some =
        replacements.stream()
            .map(each -> known.get(version(each)))
            .anyMatch(each -> each != null && !each.sharedWith().isEmpty());
    if (!some) {
      return List.of();
    }
    Set<String> names = new HashSet<>();
    replacements.forEach(each -> names.add(each.name()));
    List<Replacement> behind = new ArrayList<>();
    for (Replacement replacement : replacements) {
      Changelog each = known.get(version(replacement));
      if (each != null && !each.sharedWith().isEmpty() && names.add(each.sharedWith())) {
        behind.add(new Replacement(each.sharedWith(), "", each.version(), List.of()));
      }
    }
    return behind;
  }

  private static PackageVersion version(Replacement each) {
    return new PackageVersion(each.name(), each.to());
  }
}
