package dev.regild.update.planning;

import static java.util.stream.Collectors.toMap;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.regild.channel.ChannelException;
import dev.regild.channel.Snapshot;
import dev.regild.db.Database;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.insight.Changelog;
import dev.regild.insight.Changelogs;
import dev.regild.insight.FixFinder;
import dev.regild.insight.FixMemo;
import dev.regild.insight.Fixes;
import dev.regild.insight.Replacement;
import dev.regild.inventory.Inventory;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds what a planned update would fix, from changelogs that earlier updates of any image have
 * read. Fetches nothing.
 */
public final class PlannedFixes {
  private static final Logger LOG = LoggerFactory.getLogger(PlannedFixes.class);

  /** About 200 bytes each. */
  private static final int REMEMBERED_FILES = 20_000;

  /** About 300 bytes each; the kernel's changelog names 5,000. */
  private static final int REMEMBERED_NAMINGS = 100_000;

  private final Database database;
  private final Inventories inventories;
  private final UpdatePlans plans;
  private final Changelogs changelogs;

  /** The hashes of packages' files; empty for a package that the snapshot does not have. */
  private final Cache<Wanted, String> files =
      Caffeine.newBuilder().maximumSize(REMEMBERED_FILES).build();

  private final Cache<String, Changelog> read =
      Caffeine.newBuilder()
          .maximumWeight(REMEMBERED_NAMINGS)
          .weigher((String _, Changelog each) ->
              10 + each.entries().stream().mapToInt(entry -> entry.cves().size()).sum())
          .build();

  private record Wanted(String snapshot, PackageVersion each) {}

  public PlannedFixes(
      Database database, Inventories inventories, UpdatePlans plans, Changelogs changelogs) {
    this.database = database;
    this.inventories = inventories;
    this.plans = plans;
    this.changelogs = changelogs;
  }

  /**
   * Returns what a plan would fix, with the packages for which that is unknown.
   *
   * @param plan the plan of an update of this image
   * @return empty if the image has no disk, or its platform has no snapshot
   */
  public Optional<Fixes> find(Owner owner, String imageName, UpdatePlan plan) {
    Image image = database.read(handle -> Images.requireOwned(handle, owner, imageName));
    Optional<Snapshot> snapshot = snapshot(image.platform().orElse(""));
    if (snapshot.isEmpty() || image.disk().isEmpty()) {
      return Optional.empty();
    }
    Inventory inventory = inventories.load(image.disk().get().inventory());
    return Optional.of(read(snapshot.get(), List.of(plan)).find(inventory, plan, new FixMemo()));
  }

  /** The changelogs that are known of what some plans install. */
  public static final class Read {
    private final Snapshot snapshot;
    private final Map<PackageVersion, Changelog> changelogs;

    private Read(Snapshot snapshot, Map<PackageVersion, Changelog> changelogs) {
      this.snapshot = snapshot;
      this.changelogs = changelogs;
    }

    /**
     * Returns what one of these plans would fix, with the packages for which that is unknown.
     *
     * @param inventory of the images that the plan is for
     * @param memo of plans that were read together
     */
    public Fixes find(Inventory inventory, UpdatePlan plan, FixMemo memo) {
      List<Replacement> replacements = new ArrayList<>(replacements(plan));
      replacements.addAll(behind(replacements, changelogs));
      return new FixFinder(
              snapshot.system().notes(),
              snapshot.family(),
              inventory.packages(),
              each -> Optional.ofNullable(changelogs.get(version(each))),
              memo)
          .find(replacements);
    }
  }

  /** Reads the changelogs that are known of what plans by one snapshot install, all at once. */
  public Read read(Snapshot snapshot, Collection<UpdatePlan> all) {
    List<Replacement> replacements =
        all.stream().flatMap(plan -> replacements(plan).stream()).distinct().toList();
    Map<PackageVersion, Changelog> known = known(snapshot, replacements);
    List<Replacement> behind =
        all.stream()
            .flatMap(plan -> behind(replacements(plan), known).stream())
            .distinct()
            .toList();
    known.putAll(known(snapshot, behind));
    return new Read(snapshot, known);
  }

  private static List<Replacement> replacements(UpdatePlan plan) {
    return plan.changes().stream()
        .map(each -> new Replacement(each.name(), each.from(), each.to(), each.advisories()))
        .toList();
  }

  private Optional<Snapshot> snapshot(String platform) {
    try {
      return Optional.of(plans.offerFor(platform).snapshot());
    } catch (RefusedException e) {
      return Optional.empty();
    }
  }

  /** Adds the packages whose changelogs others share: a metapackage stands for a new kernel. */
  private static List<Replacement> behind(
      List<Replacement> replacements, Map<PackageVersion, Changelog> known) {
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

  private Map<PackageVersion, Changelog> known(Snapshot snapshot, List<Replacement> all) {
    Map<PackageVersion, String> hashes = hashes(snapshot, all);
    List<String> unread =
        hashes.values().stream()
            .filter(hash -> !hash.isEmpty() && read.getIfPresent(hash) == null)
            .distinct()
            .toList();
    Map<String, Changelog> found = unread.isEmpty() ? Map.of() : changelogs.find(unread);
    read.putAll(found);
    Map<PackageVersion, Changelog> known = new HashMap<>();
    hashes.forEach((each, hash) -> {
      Changelog changelog = found.containsKey(hash) ? found.get(hash) : read.getIfPresent(hash);
      if (changelog != null) {
        known.put(each, changelog);
      }
    });
    return known;
  }

  private Map<PackageVersion, String> hashes(Snapshot snapshot, List<Replacement> all) {
    Map<PackageVersion, String> hashes = new HashMap<>();
    Set<PackageVersion> missing = new HashSet<>();
    for (Replacement each : all) {
      PackageVersion wanted = version(each);
      String hash = files.getIfPresent(new Wanted(snapshot.digest(), wanted));
      if (hash == null) {
        missing.add(wanted);
      } else {
        hashes.put(wanted, hash);
      }
    }
    if (!missing.isEmpty()) {
      Map<PackageVersion, String> found = looked(snapshot, missing);
      for (PackageVersion each : missing) {
        String hash = found.getOrDefault(each, "");
        files.put(new Wanted(snapshot.digest(), each), hash);
        hashes.put(each, hash);
      }
    }
    return hashes;
  }

  private static Map<PackageVersion, String> looked(
      Snapshot snapshot, Set<PackageVersion> missing) {
    try {
      return snapshot.fileHashes(missing).entrySet().stream()
          .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
    } catch (ChannelException e) {
      LOG.atWarn()
          .addKeyValue("snapshot", snapshot.digest())
          .addKeyValue("reason", e.getMessage())
          .log("the files of a plan can't be looked up");
      return Map.of();
    }
  }
}
