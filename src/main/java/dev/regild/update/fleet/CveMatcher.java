package dev.regild.update.fleet;

import dev.regild.channel.PackageSystem;
import dev.regild.channel.Snapshot;
import dev.regild.feed.OpenCves;
import dev.regild.insight.Changelog;
import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.NamedCve;
import dev.regild.insight.PackageNotes;
import dev.regild.insight.fleet.IndexedPackage;
import dev.regild.plan.Advisory;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageVersion;
import dev.regild.update.fleet.PackageMatch.State;
import dev.regild.update.planning.SnapshotChangelogs;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Matches versions of packages by one CVE. */
final class CveMatcher {
  private final String cve;
  private final List<Snapshot.Advised> advised;
  private final ChannelOffers offers;
  private final SnapshotChangelogs changelogs;
  private final FeedWords words;

  CveMatcher(
      String cve,
      List<Snapshot.Advised> advised,
      ChannelOffers offers,
      SnapshotChangelogs changelogs,
      FeedWords words) {
    this.cve = cve;
    this.advised = advised;
    this.offers = offers;
    this.changelogs = changelogs;
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

  /** A package that is not affected, as the vendor says, is found only if a changelog names it. */
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
    Optional<PackageNotes> notes = PackageMatcher.system(each).map(PackageSystem::notes);
    if (notes.isEmpty()) {
      return Optional.empty();
    }
    InstalledPackage installed = each.installed();
    Optional<PackageMatch> mentioned = Optional.empty();
    for (Changelog changelog : Stream.concat(later.stream(), own.stream()).toList()) {
      for (ChangelogEntry entry : changelog.entries()) {
        for (NamedCve naming : entry.cves()) {
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
                  PackageMatch.of(each, State.MENTIONED, offered, entry.version(), naming.line()));
        }
      }
    }
    Optional<PackageMatch> fixed =
        advised.stream()
            .filter(it -> PackageMatcher.includes(each, it))
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
