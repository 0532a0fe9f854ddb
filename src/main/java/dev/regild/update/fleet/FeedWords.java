package dev.regild.update.fleet;

import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.feed.FeedStore;
import dev.regild.feed.OpenCves;
import dev.regild.feed.PlatformFacts;
import dev.regild.image.Owner;
import dev.regild.insight.fleet.IndexedPackage;
import dev.regild.insight.fleet.PackageIndex;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** What the feeds say about one CVE in packages of some platforms. */
final class FeedWords {
  private final String cve;
  private final Map<String, OpenCves> byPlatform = new HashMap<>();
  private final Set<String> names = new HashSet<>();
  private final List<String> platformsWithoutFeed = new ArrayList<>();

  FeedWords(String cve, FeedStore feeds, Collection<String> platforms) {
    this.cve = cve;
    for (String platform : platforms) {
      Optional<PackageSystem> system = PackageSystems.installed().find(platform);
      if (system.isPresent()) {
        PlatformFacts facts = feeds.facts(platform);
        if (facts.issues().isEmpty()) {
          platformsWithoutFeed.add(platform);
        }
        OpenCves said = new OpenCves(facts, system.get().family(), system.get().notes());
        byPlatform.put(platform, said);
        said.packagesWith(cve).forEach(name -> names.addAll(system.get().notes().namesOf(name)));
      }
    }
  }

  /** Returns those of the platforms of whose packages no feed says anything. */
  List<String> platformsWithoutFeed() {
    return List.copyOf(platformsWithoutFeed);
  }

  /** Returns packages of which the feeds may know the CVE. */
  Map<Long, IndexedPackage> candidates(Handle handle, Owner owner, int most) {
    Map<Long, IndexedPackage> found =
        new HashMap<>(PackageIndex.ofSources(handle, owner.accountId(), names, most));
    found.putAll(PackageIndex.named(handle, owner.accountId(), names, most));
    return found;
  }

  /** Returns what a feed says of the CVE in a package; empty if none says anything. */
  Optional<OpenCves.Found> of(IndexedPackage each) {
    return Optional.ofNullable(byPlatform.get(each.platform()))
        .flatMap(said -> said.find(each.installed(), cve));
  }
}
