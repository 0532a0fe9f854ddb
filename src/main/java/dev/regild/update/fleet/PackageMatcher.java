package dev.regild.update.fleet;

import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.channel.Snapshot;
import dev.regild.db.Database;
import dev.regild.feed.FeedStore;
import dev.regild.feed.OpenCves;
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
import dev.regild.update.fleet.PackageMatch.State;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.UpdatePlans;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Matches each version of a package in the index once, however many images have it: by the
 * channels' current snapshots, by changelogs and advisories, and by feeds. An image's own holds and
 * pins do not count.
 */
public final class PackageMatcher {
  /** Versions of packages that one question looks at; a kernel has some hundreds. */
  private static final int MOST = 5000;

  private final Database database;
  private final UpdatePlans plans;
  private final SnapshotChangelogs changelogs;
  private final FeedStore feeds;

  public PackageMatcher(
      Database database, UpdatePlans plans, SnapshotChangelogs changelogs, FeedStore feeds) {
    this.database = database;
    this.plans = plans;
    this.changelogs = changelogs;
    this.feeds = feeds;
  }

  /**
   * What is known of every version that a question is about.
   *
   * @param byKey by the package's key in the index
   * @param incomplete why some may be missing
   */
  record Matches(Map<Long, PackageMatch> byKey, List<String> incomplete) {}

  /** Matches what the owner's images have. */
  Matches match(Owner owner, Question question) {
    return switch (question) {
      case Question.OfPackage wanted -> ofPackage(owner, wanted);
      case Question.OfCve wanted -> ofCve(owner, wanted.cve());
      case Question.OfAdvisory wanted -> ofAdvisory(owner, wanted.id());
    };
  }

  private Matches ofPackage(Owner owner, Question.OfPackage wanted) {
    Map<Long, IndexedPackage> all =
        database.read(
            handle -> PackageIndex.named(handle, owner.accountId(), Set.of(wanted.name()), MOST));
    Offers offers = new Offers();
    Map<Long, PackageMatch> matches = new HashMap<>();
    all.forEach((key, each) -> {
      if (wanted.range().isEmpty()
          || system(each)
              .filter(it -> wanted.range().get().includes(each.version(), it.family().order()))
              .isPresent()) {
        matches.put(key, PackageMatch.of(each, offers.offered(each)));
      }
    });
    return new Matches(matches, cut(all));
  }

  private static Optional<PackageSystem> system(IndexedPackage each) {
    return PackageSystems.installed().find(each.platform());
  }

  private static List<String> cut(Map<Long, IndexedPackage> all) {
    return all.size() < MOST
        ? List.of()
        : List.of("Only %d versions of packages were looked at.".formatted(MOST));
  }

  private Matches ofCve(Owner owner, String cve) {
    Offers offers = new Offers();
    List<Snapshot.Advised> advised = new ArrayList<>();
    for (Snapshot snapshot : offers.snapshots(owner)) {
      advised.addAll(snapshot.advised(each -> each.cves().contains(cve)));
    }
    Set<String> names = new LinkedHashSet<>(advised.stream().map(Snapshot.Advised::name).toList());
    Map<Long, IndexedPackage> all =
        database.read(handle -> {
          List<String> sources = ChangelogIndex.sourcesNaming(handle, cve);
          Map<Long, IndexedPackage> found =
              new LinkedHashMap<>(PackageIndex.ofSources(handle, owner.accountId(), sources, MOST));
          found.putAll(PackageIndex.named(handle, owner.accountId(), names, MOST));
          return found;
        });
    FeedWords words = new FeedWords(cve, feeds, offers.platforms(owner));
    Map<Long, IndexedPackage> inFeeds =
        database.read(handle -> words.candidates(handle, owner, MOST));
    Map<Long, IndexedPackage> both = new LinkedHashMap<>(inFeeds);
    both.putAll(all);
    Map<Long, PackageMatch> matches = new CveMatcher(cve, advised, offers, words).of(both);
    // A package of another platform, of which nothing names the CVE.
    matches
        .entrySet()
        .removeIf(each -> !all.containsKey(each.getKey()) && each.getValue().vendor().isEmpty());
    return new Matches(matches, all.size() < MOST ? cut(inFeeds) : cut(all));
  }

  private Matches ofAdvisory(Owner owner, String id) {
    Offers offers = new Offers();
    Map<Long, PackageMatch> matches = new HashMap<>();
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
    all.forEach(
        (key, each) -> byAdvisory(each, id, advised, offers).ifPresent(it -> matches.put(key, it)));
    incomplete.addAll(cut(all));
    if (matches.isEmpty() && advised.isEmpty()) {
      incomplete.add("No channel's current snapshot has this advisory.");
    }
    return new Matches(matches, incomplete);
  }

  private static Optional<PackageMatch> byAdvisory(
      IndexedPackage each, String id, List<Snapshot.Advised> advised, Offers offers) {
    if (each.name().equals(id)) {
      return Optional.of(
          PackageMatch.of(each, State.FIXED, offers.offered(each), each.version(), id));
    }
    Optional<String> offered = offers.offered(each);
    for (Snapshot.Advised it : advised) {
      if (!it.name().equals(each.name()) || !it.architecture().equals(each.architecture())) {
        continue;
      }
      if (offers.advisories(each).stream().anyMatch(said -> said.id().equals(id))) {
        return Optional.of(PackageMatch.of(each, State.FIXABLE, offered, it.version(), id));
      }
      if (includes(each, it)) {
        return Optional.of(PackageMatch.of(each, State.FIXED, offered, it.version(), id));
      }
    }
    return Optional.empty();
  }

  /** Whether an installed version has the fix that an advisory is about. */
  private static boolean includes(IndexedPackage each, Snapshot.Advised advised) {
    if (!advised.name().equals(each.name())
        || !advised.architecture().equals(each.architecture())) {
      return false;
    }
    int compared =
        system(each)
            .map(it -> it.family().order().compare(each.version(), advised.version()))
            .orElse(-1);
    return compared == 0 || (compared > 0 && advised.cumulative());
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
      return platforms(owner).stream().flatMap(platform -> snapshot(platform).stream()).toList();
    }

    private Collection<String> platforms(Owner owner) {
      return database.read(handle -> ImageHistory.platforms(handle, owner));
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

  /** Matches versions of packages by one CVE. */
  private final class CveMatcher {
    private final String cve;
    private final List<Snapshot.Advised> advised;
    private final Offers offers;
    private final FeedWords words;

    CveMatcher(String cve, List<Snapshot.Advised> advised, Offers offers, FeedWords words) {
      this.cve = cve;
      this.advised = advised;
      this.offers = offers;
      this.words = words;
    }

    Map<Long, PackageMatch> of(Map<Long, IndexedPackage> all) {
      Map<IndexedPackage, Changelog> later = later(all);
      Map<PackageVersion, Changelog> own =
          changelogs.find(all.values().stream().map(CveMatcher::version).toList());
      Map<Long, PackageMatch> matches = new HashMap<>();
      all.forEach((key, each) ->
          joined(
                  each,
                  match(
                      each,
                      Optional.ofNullable(later.get(each)),
                      Optional.ofNullable(own.get(version(each)))))
              .ifPresent(match -> matches.put(key, match)));
      return matches;
    }

    /**
     * A package that is not affected, as the vendor says, is found only if a changelog names it.
     */
    private Optional<PackageMatch> joined(IndexedPackage each, Optional<PackageMatch> match) {
      Optional<OpenCves.Found> said = words.of(each);
      if (said.isEmpty()) {
        return match;
      }
      boolean affected = said.get().status() != OpenCves.Status.NOT_AFFECTED;
      if (!affected && match.filter(PackageMatch::isKnownByChangelogs).isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(
          match.orElseGet(() -> PackageMatch.of(each, offers.offered(each))).with(said));
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

    private Optional<PackageMatch> match(
        IndexedPackage each, Optional<Changelog> later, Optional<Changelog> own) {
      Optional<String> offered = offers.offered(each);
      Optional<Advisory> advisory =
          offers.advisories(each).stream().filter(it -> it.cves().contains(cve)).findFirst();
      if (advisory.isPresent()) {
        return Optional.of(
            PackageMatch.of(
                each, State.FIXABLE, offered, offered.orElseThrow(), advisory.get().id()));
      }
      Optional<PackageNotes> notes = system(each).map(PackageSystem::notes);
      if (notes.isEmpty()) {
        return Optional.empty();
      }
      InstalledPackage installed = each.installed();
      Optional<PackageMatch> mentioned = Optional.empty();
      for (Changelog changelog : Stream.concat(later.stream(), own.stream()).toList()) {
        for (ChangelogEntry entry : changelog.entries()) {
          for (Naming naming : entry.cves()) {
            if (!naming.cve().equals(cve)) {
              continue;
            }
            if (naming.fixed()) {
              State state = notes.get().isLater(entry, installed) ? State.FIXABLE : State.FIXED;
              return Optional.of(
                  PackageMatch.of(each, state, offered, entry.version(), naming.line()));
            }
            mentioned =
                Optional.of(
                    PackageMatch.of(
                        each, State.MENTIONED, offered, entry.version(), naming.line()));
          }
        }
      }
      Optional<PackageMatch> fixed =
          advised.stream()
              .filter(it -> includes(each, it))
              .findFirst()
              .map(it ->
                  PackageMatch.of(each, State.FIXED, offered, it.version(), it.advisory().id()));
      if (fixed.isPresent()) {
        return fixed;
      }
      return mentioned.isPresent() ? mentioned : unknown(each, offered, later, own);
    }

    /** Nothing is said only of what a changelog covers that names the CVE nowhere. */
    private Optional<PackageMatch> unknown(
        IndexedPackage each,
        Optional<String> offered,
        Optional<Changelog> later,
        Optional<Changelog> own) {
      boolean known = later.or(() -> own).filter(Changelog::wasRead).isPresent();
      return known
          ? Optional.empty()
          : Optional.of(
              PackageMatch.of(
                  each,
                  State.UNKNOWN,
                  offered,
                  "",
                  "the changelog of %s %s was not read"
                      .formatted(each.name(), offered.orElse(each.version()))));
    }
  }
}
