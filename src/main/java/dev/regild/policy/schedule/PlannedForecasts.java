package dev.regild.policy.schedule;

import static dev.regild.image.RefusedException.Reason.INCOMPATIBLE;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.SnapshotHistory;
import dev.regild.channel.ring.Ring;
import dev.regild.db.Database;
import dev.regild.feed.FeedStore;
import dev.regild.feed.Issue;
import dev.regild.feed.PlatformFacts;
import dev.regild.image.Inventories;
import dev.regild.image.RefusedException;
import dev.regild.insight.FixedCve;
import dev.regild.insight.Fixes;
import dev.regild.insight.SourceFixes;
import dev.regild.inventory.Inventory;
import dev.regild.plan.Advisory;
import dev.regild.plan.Change;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageFamily;
import dev.regild.plan.UpdatePlan;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.planning.UpdatePlans.Offer;
import dev.regild.update.verdict.Outlook;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Forecasts by the plans of updates. */
public final class PlannedForecasts implements Forecasts {
  /** A few kilobytes each. */
  private static final int REMEMBERED = 4096;

  /** Inventories of many that are in memory at a time. */
  private static final int TOGETHER = 1000;

  private final Database database;
  private final ChannelStore channels;
  private final Inventories inventories;
  private final UpdatePlans plans;
  private final PlannedFixes plannedFixes;
  private final FeedStore feeds;
  private final Outlook outlook;
  private final Cache<Question, UpdatePlan> remembered =
      Caffeine.newBuilder().maximumSize(REMEMBERED).softValues().build();

  /** What a plan depends on: {@code channel} is the whole of its settings. */
  private record Question(String inventory, String snapshot, Object channel) {}

  public PlannedForecasts(
      Database database,
      ChannelStore channels,
      Inventories inventories,
      UpdatePlans plans,
      PlannedFixes plannedFixes,
      FeedStore feeds) {
    this.database = database;
    this.channels = channels;
    this.inventories = inventories;
    this.plans = plans;
    this.plannedFixes = plannedFixes;
    this.feeds = feeds;
    this.outlook = new Outlook(database, inventories, plannedFixes);
  }

  @Override
  public String snapshot(String platform, Optional<Ring> ring) {
    return offer(platform, ring).snapshot().digest();
  }

  private Offer offer(String platform, Optional<Ring> ring) {
    return ring.isPresent() ? plans.offerFor(platform, ring.get()) : plans.offerFor(platform);
  }

  @Override
  public PlanFacts facts(
      String platform,
      Optional<Ring> ring,
      String inventory,
      Optional<Duration> cooldown,
      boolean fixes,
      Instant at) {
    Offer offer = offer(platform, ring);
    UpdatePlan plan = plan(offer, inventory);
    UpdatePlan counting =
        counting(
            plan,
            cooldown,
            cooldown
                .flatMap(it -> earlier(offer, at.minus(it)))
                .map(earlier -> plan(earlier, inventory)));
    List<SourceFixes> fixed =
        fixes && !counting.isEmpty()
            ? plannedFixes.find(offer.snapshot(), inventories.load(inventory), counting).sources()
            : List.of();
    return facts(offer, plan, counting, fixed, fixes ? feeds.facts(platform) : PlatformFacts.NONE);
  }

  @Override
  public Many many() {
    Outlook.Series series = outlook.series();
    return (platform, ring, digests, cooldown, fixes, at) -> {
      Offer offer = offer(platform, ring);
      Optional<Offer> earlier = cooldown.flatMap(it -> earlier(offer, at.minus(it)));
      PlatformFacts known = fixes ? feeds.facts(platform) : PlatformFacts.NONE;
      Map<String, PlanFacts> facts = new HashMap<>();
      List<String> all = List.copyOf(digests);
      for (int from = 0; from < all.size(); from += TOGETHER) {
        Map<String, Inventory> loaded =
            series.load(all.subList(from, Math.min(all.size(), from + TOGETHER)));
        Outlook.Target target = series.target(offer);
        Outlook.Planned planned = target.plan(loaded);
        Map<String, UpdatePlan> before =
            earlier.map(it -> series.target(it).plan(loaded).plans()).orElse(Map.of());
        Map<String, UpdatePlan> counting = new HashMap<>();
        planned
            .plans()
            .forEach((digest, plan) ->
                counting.put(
                    digest, counting(plan, cooldown, Optional.ofNullable(before.get(digest)))));
        Map<List<Change>, Fixes> fixed = fixes ? target.fixes(planned, counting) : Map.of();
        planned
            .plans()
            .forEach((digest, plan) -> {
              UpdatePlan part = counting.getOrDefault(digest, plan);
              facts.put(
                  digest,
                  facts(
                      offer,
                      plan,
                      part,
                      Optional.ofNullable(fixed.get(part.changes()))
                          .map(Fixes::sources)
                          .orElse(List.of()),
                      known));
            });
      }
      return facts;
    };
  }

  /**
   * Returns the changes of a plan that count.
   *
   * @param before the plan by the snapshot that there was before the cooldown
   */
  private static UpdatePlan counting(
      UpdatePlan plan, Optional<Duration> cooldown, Optional<UpdatePlan> before) {
    if (cooldown.isEmpty()) {
      return plan;
    }
    List<Change> old = before.map(UpdatePlan::changes).orElse(List.of());
    return new UpdatePlan(
        plan.changes().stream().filter(change -> change.security() || isIn(change, old)).toList());
  }

  private UpdatePlan plan(Offer offer, String inventory) {
    return remembered.get(
        new Question(inventory, offer.snapshot().digest(), offer.channel()),
        _ -> plans.plan(offer, inventory));
  }

  private static boolean isIn(Change change, List<Change> old) {
    return old.stream()
        .anyMatch(each ->
            each.name().equals(change.name())
                && each.architecture().equals(change.architecture())
                && each.to().equals(change.to()));
  }

  /**
   * The snapshot that the channel had at a time; empty if it had none, or it was removed since. A
   * ring may stand on one that is older still: all that has been there long enough.
   */
  private Optional<Offer> earlier(Offer now, Instant time) {
    if (database
        .read(
            handle -> SnapshotHistory.first(handle, now.channel().name(), now.snapshot().digest()))
        .filter(first -> !first.isAfter(time))
        .isPresent()) {
      return Optional.of(now);
    }
    Optional<String> digest =
        database.read(handle ->
            SnapshotHistory.at(handle, now.channel().name(), time)
                .map(SnapshotHistory.Entry::digest));
    try {
      return digest.isEmpty()
          ? Optional.empty()
          : channels.snapshot(digest.get()).map(it -> new Offer(now.channel(), it));
    } catch (ChannelException e) {
      throw new RefusedException(INCOMPATIBLE, "Cannot use an earlier snapshot: " + e.getMessage());
    }
  }

  private static PlanFacts facts(
      Offer offer, UpdatePlan plan, UpdatePlan part, List<SourceFixes> fixes, PlatformFacts known) {
    List<Change> counting = part.changes();
    Set<String> cves = new HashSet<>();
    fixes.forEach(source -> source.fixed().forEach(each -> cves.add(each.cve())));
    counting.forEach(change -> change.advisories().forEach(each -> cves.addAll(each.cves())));
    return new PlanFacts(
        counting.size(),
        plan.changes().size() - counting.size(),
        (int) counting.stream().filter(Change::security).count(),
        severity(counting, fixes, known),
        cves,
        counting.stream().map(Change::name).distinct().toList(),
        hasKernel(offer.snapshot().family(), counting)
            || fixes.stream().anyMatch(SourceFixes::kernel),
        counting.stream().anyMatch(change -> change.kind() == ChangeKind.AGENT));
  }

  /** By the repositories' advisories, and by what the feeds say of the CVEs that are fixed. */
  private static Optional<Severity> severity(
      List<Change> counting, List<SourceFixes> fixes, PlatformFacts facts) {
    Stream<String> advised =
        counting.stream()
            .flatMap(change -> change.advisories().stream())
            .filter(Advisory::mendsSecurity)
            .map(Advisory::severity);
    Map<String, Collection<Issue>> issues = facts.issues().orElse(Map.of());
    Stream<String> known =
        fixes.stream()
            .flatMap(source -> {
              Set<String> fixed = new HashSet<>();
              source.fixed().stream().map(FixedCve::cve).forEach(fixed::add);
              return issues.getOrDefault(source.source(), List.of()).stream()
                  .filter(issue -> fixed.contains(issue.cve()))
                  .map(Issue::severity);
            });
    return Stream.concat(advised, known)
        .map(Severity::of)
        .flatMap(Optional::stream)
        .max(Severity::compareTo);
  }

  private static boolean hasKernel(PackageFamily family, List<Change> changes) {
    return changes.stream()
        .map(change ->
            new InstalledPackage(change.name(), change.architecture(), change.to(), false))
        .anyMatch(installed -> family.kernel().apply(installed).isPresent());
  }
}
