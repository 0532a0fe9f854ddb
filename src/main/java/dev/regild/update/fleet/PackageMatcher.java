package dev.regild.update.fleet;

import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.channel.Snapshot;
import dev.regild.db.Database;
import dev.regild.feed.FeedStore;
import dev.regild.image.Owner;
import dev.regild.insight.ChangelogIndex;
import dev.regild.insight.fleet.IndexedPackage;
import dev.regild.insight.fleet.PackageIndex;
import dev.regild.update.fleet.PackageMatch.State;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.verdict.Statuses;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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

  /** A name is that of packages, or of the source that packages were built from. */
  private Matches ofPackage(Owner owner, Question.OfPackage wanted) {
    Map<Long, IndexedPackage> all =
        database.read(
            handle -> PackageIndex.meantBy(handle, owner.accountId(), wanted.name(), MOST));
    ChannelOffers offers = new ChannelOffers(database, plans);
    Map<Long, PackageMatch> matches = new HashMap<>();
    all.forEach((key, each) -> {
      if (each.isMeantBy(
          wanted.name(), wanted.range(), system(each).map(it -> it.family().order()))) {
        matches.put(key, PackageMatch.of(each, offers.offered(each)));
      }
    });
    return new Matches(matches, cut(all));
  }

  static Optional<PackageSystem> system(IndexedPackage each) {
    return PackageSystems.installed().find(each.platform());
  }

  private static List<String> cut(Map<Long, IndexedPackage> all) {
    return all.size() < MOST
        ? List.of()
        : List.of("Only %d versions of packages were looked at.".formatted(MOST));
  }

  private Matches ofCve(Owner owner, String cve) {
    ChannelOffers offers = new ChannelOffers(database, plans);
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
    Map<Long, PackageMatch> matches =
        new CveMatcher(cve, advised, offers, changelogs, words).of(both);
    // A package of another platform, of which nothing names the CVE.
    matches
        .entrySet()
        .removeIf(each -> !all.containsKey(each.getKey()) && each.getValue().vendor().isEmpty());
    List<String> incomplete = new ArrayList<>(cut(all.size() < MOST ? inFeeds : all));
    incomplete.addAll(unknown(owner, words));
    return new Matches(matches, incomplete);
  }

  /**
   * Returns what nothing is known of. That no image is found does not say that none is affected.
   */
  private List<String> unknown(Owner owner, FeedWords words) {
    List<String> unknown = new ArrayList<>();
    int unread = database.read(handle -> Statuses.withUnreadChangelogs(handle, owner));
    if (unread > 0) {
      unknown.add("Images of whose updates some changelogs were not read: %d.".formatted(unread));
    }
    if (!words.platformsWithoutFeed().isEmpty()) {
      unknown.add(
          "No feed says which CVEs are open in %s. Without one, only fixes are known."
              .formatted(String.join(", ", words.platformsWithoutFeed())));
    }
    return unknown;
  }

  private Matches ofAdvisory(Owner owner, String id) {
    ChannelOffers offers = new ChannelOffers(database, plans);
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
      IndexedPackage each, String id, List<Snapshot.Advised> advised, ChannelOffers offers) {
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
  static boolean includes(IndexedPackage each, Snapshot.Advised advised) {
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
}
