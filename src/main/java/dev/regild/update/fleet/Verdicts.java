package dev.regild.update.fleet;

import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.channel.Snapshot;
import dev.regild.db.Database;
import dev.regild.image.ImageHistory;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.insight.Changelog;
import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.ChangelogIndex;
import dev.regild.insight.Naming;
import dev.regild.insight.PackageNotes;
import dev.regild.insight.fleet.IndexedPackage;
import dev.regild.insight.fleet.PackageIndex;
import dev.regild.plan.Advisory;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageVersion;
import dev.regild.update.fleet.Verdict.State;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.UpdatePlans;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Judges each version of a package in the index once, however many images have it: by the channels'
 * current snapshots, and by changelogs and advisories. An image's own holds and pins do not count.
 */
public final class Verdicts {
  /** Versions of packages that one question looks at; a kernel has some hundreds. */
  private static final int MOST = 5000;

  private final Database database;
  private final UpdatePlans plans;
  private final SnapshotChangelogs changelogs;

  public Verdicts(Database database, UpdatePlans plans, SnapshotChangelogs changelogs) {
    this.database = database;
    this.plans = plans;
    this.changelogs = changelogs;
  }

  /**
   * What is known of every version that a question is about.
   *
   * @param byKey by the package's key in the index
   * @param incomplete why some may be missing
   */
  record All(Map<Long, Verdict> byKey, List<String> incomplete) {}

  /** Judges what the owner's images have. */
  All of(Owner owner, Question question) {
    return switch (question) {
      case Question.OfPackage wanted -> ofPackage(owner, wanted);
      case Question.OfCve wanted -> ofCve(owner, wanted.cve());
      case Question.OfAdvisory wanted -> ofAdvisory(owner, wanted.id());
    };
  }

  private All ofPackage(Owner owner, Question.OfPackage wanted) {
    Map<Long, IndexedPackage> all =
        database.read(
            handle -> PackageIndex.named(handle, owner.accountId(), Set.of(wanted.name()), MOST));
    Offers offers = new Offers();
    Map<Long, Verdict> verdicts = new HashMap<>();
    all.forEach((key, each) -> {
      if (wanted.range().isEmpty()
          || system(each)
              .filter(it -> wanted.range().get().includes(each.version(), it.family().order()))
              .isPresent()) {
        verdicts.put(key, Verdict.of(each, offers.offered(each)));
      }
    });
    return new All(verdicts, cut(all));
  }

  private static Optional<PackageSystem> system(IndexedPackage each) {
    return PackageSystems.installed().find(each.platform());
  }

  private static List<String> cut(Map<Long, IndexedPackage> all) {
    return all.size() < MOST
        ? List.of()
        : List.of("Only %d versions of packages were looked at.".formatted(MOST));
  }

  private All ofCve(Owner owner, String cve) {
    Offers offers = new Offers();
    Set<String> advised = new LinkedHashSet<>();
    for (Snapshot snapshot : offers.snapshots(owner)) {
      snapshot.advised(each -> each.cves().contains(cve)).forEach(each -> advised.add(each.name()));
    }
    Map<Long, IndexedPackage> all =
        database.read(handle -> {
          List<String> sources = ChangelogIndex.sourcesNaming(handle, cve);
          Map<Long, IndexedPackage> found =
              new LinkedHashMap<>(PackageIndex.ofSources(handle, owner.accountId(), sources, MOST));
          found.putAll(PackageIndex.named(handle, owner.accountId(), advised, MOST));
          return found;
        });
    return new All(new CveVerdicts(cve, offers).of(all), cut(all));
  }

  private All ofAdvisory(Owner owner, String id) {
    Offers offers = new Offers();
    Map<Long, Verdict> verdicts = new HashMap<>();
    List<String> incomplete = new ArrayList<>();
    List<Snapshot.Advised> advised = new ArrayList<>();
    for (Snapshot snapshot : offers.snapshots(owner)) {
      advised.addAll(snapshot.advised(each -> each.id().equals(id)));
    }
    Set<String> names = new LinkedHashSet<>(advised.stream().map(Snapshot.Advised::name).toList());
    // An update of Windows is installed under the advisory's own name.
    names.add(id);
    Map<Long, IndexedPackage> all =
        database.read(handle -> PackageIndex.named(handle, owner.accountId(), names, MOST));
    all.forEach((key, each) ->
        byAdvisory(each, id, advised, offers).ifPresent(it -> verdicts.put(key, it)));
    incomplete.addAll(cut(all));
    if (verdicts.isEmpty() && advised.isEmpty()) {
      incomplete.add("No channel's current snapshot has this advisory.");
    }
    return new All(verdicts, incomplete);
  }

  private static Optional<Verdict> byAdvisory(
      IndexedPackage each, String id, List<Snapshot.Advised> advised, Offers offers) {
    if (each.name().equals(id)) {
      return Optional.of(Verdict.of(each, State.FIXED, offers.offered(each), each.version(), id));
    }
    Optional<String> offered = offers.offered(each);
    Optional<PackageSystem> system = system(each);
    if (system.isEmpty()) {
      return Optional.empty();
    }
    for (Snapshot.Advised it : advised) {
      if (!it.name().equals(each.name()) || !it.architecture().equals(each.architecture())) {
        continue;
      }
      int compared = system.get().family().order().compare(each.version(), it.version());
      if (offers.advisories(each).stream().anyMatch(said -> said.id().equals(id))) {
        return Optional.of(Verdict.of(each, State.FIXABLE, offered, it.version(), id));
      }
      if (compared == 0 || (compared > 0 && it.cumulative())) {
        return Optional.of(Verdict.of(each, State.FIXED, offered, it.version(), id));
      }
    }
    return Optional.empty();
  }

  /** What the channels have now for each platform. */
  private final class Offers {
    private final Map<String, Optional<UpdatePlans.Offer>> byPlatform = new HashMap<>();
    private final Map<IndexedPackage, Optional<String>> offered = new HashMap<>();

    Optional<Snapshot> snapshot(String platform) {
      return byPlatform.computeIfAbsent(platform, this::find).map(UpdatePlans.Offer::limited);
    }

    private Optional<UpdatePlans.Offer> find(String platform) {
      try {
        return Optional.of(plans.offerFor(platform));
      } catch (RefusedException e) {
        return Optional.empty();
      }
    }

    /** Returns the snapshots of the platforms of the owner's images. */
    List<Snapshot> snapshots(Owner owner) {
      return database.read(handle -> ImageHistory.platforms(handle, owner)).stream()
          .flatMap(platform -> snapshot(platform).stream())
          .toList();
    }

    Optional<String> offered(IndexedPackage each) {
      return offered.computeIfAbsent(
          each, it -> snapshot(it.platform()).flatMap(has -> has.upgradeOf(it.installed())));
    }

    List<Advisory> advisories(IndexedPackage each) {
      return offered(each)
          .flatMap(to -> snapshot(each.platform()).map(has -> has.reasonsFor(each.installed(), to)))
          .map(reasons -> reasons.advisories())
          .orElse(List.of());
    }
  }

  /** Judges versions of packages by one CVE. */
  private final class CveVerdicts {
    private final String cve;
    private final Offers offers;

    CveVerdicts(String cve, Offers offers) {
      this.cve = cve;
      this.offers = offers;
    }

    Map<Long, Verdict> of(Map<Long, IndexedPackage> all) {
      Map<IndexedPackage, Changelog> later = later(all);
      Map<PackageVersion, Changelog> own =
          changelogs.find(all.values().stream().map(CveVerdicts::version).toList());
      Map<Long, Verdict> verdicts = new HashMap<>();
      all.forEach((key, each) ->
          judged(
                  each,
                  Optional.ofNullable(later.get(each)),
                  Optional.ofNullable(own.get(version(each))))
              .ifPresent(verdict -> verdicts.put(key, verdict)));
      return verdicts;
    }

    private static PackageVersion version(IndexedPackage each) {
      return new PackageVersion(each.name(), each.version());
    }

    /** Returns the changelogs of what an update would install in their place. */
    private Map<IndexedPackage, Changelog> later(Map<Long, IndexedPackage> all) {
      Map<String, Map<IndexedPackage, PackageVersion>> byPlatform = new HashMap<>();
      for (IndexedPackage each : all.values()) {
        offers
            .offered(each)
            .ifPresent(to ->
                byPlatform
                    .computeIfAbsent(each.platform(), _ -> new LinkedHashMap<>())
                    .put(each, new PackageVersion(each.name(), to)));
      }
      Map<IndexedPackage, Changelog> later = new HashMap<>();
      byPlatform.forEach((platform, wanted) -> {
        Map<PackageVersion, Changelog> known =
            changelogs.findShared(offers.snapshot(platform).orElseThrow(), wanted.values());
        wanted.forEach((each, to) ->
            Optional.ofNullable(known.get(to)).ifPresent(found -> later.put(each, found)));
      });
      return later;
    }

    private Optional<Verdict> judged(
        IndexedPackage each, Optional<Changelog> later, Optional<Changelog> own) {
      Optional<String> offered = offers.offered(each);
      Optional<Advisory> advisory =
          offers.advisories(each).stream().filter(it -> it.cves().contains(cve)).findFirst();
      if (advisory.isPresent()) {
        return Optional.of(
            Verdict.of(each, State.FIXABLE, offered, offered.orElseThrow(), advisory.get().id()));
      }
      Optional<PackageNotes> notes = system(each).map(PackageSystem::notes);
      if (notes.isEmpty()) {
        return Optional.empty();
      }
      InstalledPackage installed = each.installed();
      Optional<Verdict> mentioned = Optional.empty();
      for (Changelog changelog : Stream.concat(later.stream(), own.stream()).toList()) {
        for (ChangelogEntry entry : changelog.entries()) {
          for (Naming naming : entry.cves()) {
            if (!naming.cve().equals(cve)) {
              continue;
            }
            if (naming.fixed()) {
              State state = notes.get().isLater(entry, installed) ? State.FIXABLE : State.FIXED;
              return Optional.of(Verdict.of(each, state, offered, entry.version(), naming.line()));
            }
            mentioned =
                Optional.of(
                    Verdict.of(each, State.MENTIONED, offered, entry.version(), naming.line()));
          }
        }
      }
      return mentioned.or(() -> unknown(each, offered, later, own));
    }

    /** Nothing is said only of what a changelog covers that names the CVE nowhere. */
    private Optional<Verdict> unknown(
        IndexedPackage each,
        Optional<String> offered,
        Optional<Changelog> later,
        Optional<Changelog> own) {
      boolean known = later.or(() -> own).filter(Changelog::wasRead).isPresent();
      return known
          ? Optional.empty()
          : Optional.of(
              Verdict.of(
                  each,
                  State.UNKNOWN,
                  offered,
                  "",
                  "the changelog of %s %s was not read"
                      .formatted(each.name(), offered.orElse(each.version()))));
    }
  }
}
