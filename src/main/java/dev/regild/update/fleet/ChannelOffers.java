package dev.regild.update.fleet;

import dev.regild.channel.Snapshot;
import dev.regild.db.Database;
import dev.regild.image.ImageHistory;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.insight.fleet.IndexedPackage;
import dev.regild.plan.Advisory;
import dev.regild.update.planning.UpdatePlans;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the channels have now for each platform. An image's own holds and pins do not count. */
final class ChannelOffers {
  private final Database database;
  private final UpdatePlans plans;
  private final Map<String, Optional<UpdatePlans.Offer>> byPlatform = new HashMap<>();
  private final Map<IndexedPackage, Optional<String>> offered = new HashMap<>();

  ChannelOffers(Database database, UpdatePlans plans) {
    this.database = database;
    this.plans = plans;
  }

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

  List<String> platforms(Owner owner) {
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
