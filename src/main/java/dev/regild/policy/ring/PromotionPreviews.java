package dev.regild.policy.ring;

import dev.regild.channel.ring.Ring;
import dev.regild.channel.ring.Ring.Standing;
import dev.regild.db.Database;
import dev.regild.image.RefusedException;
import dev.regild.insight.FixedCve;
import dev.regild.insight.Fixes;
import dev.regild.insight.SourceFixes;
import dev.regild.inventory.Inventory;
import dev.regild.plan.Change;
import dev.regild.plan.UpdatePlan;
import dev.regild.policy.ring.PromotionPreview.Becoming;
import dev.regild.policy.ring.PromotionPreview.PackageStep;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.planning.UpdatePlans.Offer;
import dev.regild.update.verdict.Outlook;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Says what a promotion would mean for the images of its ring. Plans the update of each inventory
 * as an update does, so the answer is what holds after the promotion. Opens no disk.
 */
public final class PromotionPreviews {
  private static final UpdatePlan NOTHING = new UpdatePlan(List.of());

  /** Inventories that are read while as many others are planned. */
  private static final int TOGETHER = 500;

  private final Database database;
  private final UpdatePlans plans;
  private final Outlook outlook;
  private final Promotions promotions;

  public PromotionPreviews(
      Database database, UpdatePlans plans, Outlook outlook, Promotions promotions) {
    this.database = database;
    this.plans = plans;
    this.outlook = outlook;
    this.promotions = promotions;
  }

  /** An image that follows the ring. */
  private record Member(
      String account, String region, String name, String platform, String inventory) {}

  /**
   * Returns what a promotion would mean.
   *
   * @throws RefusedException as {@link Promotions#propose}; a closed gate is part of the answer
   */
  public PromotionPreview of(String channel, String from, String to) {
    Promotion promotion = promotions.propose(channel, from, to);
    Ring target = promotion.target();
    List<Member> members = members(target);
    Comparison comparison = new Comparison(members);
    if (!members.isEmpty()) {
      // A ring is of one channel, and a channel of one platform.
      String platform = members.getFirst().platform();
      compare(
          comparison,
          now(platform, target),
          plans.offerFor(platform, standing(target, promotion.snapshot())));
    }
    return comparison.preview(promotion);
  }

  /** Reads some inventories while others are planned by both snapshots. */
  private void compare(Comparison comparison, Optional<Offer> now, Offer next) {
    Outlook.Series series = outlook.series();
    Optional<Side> before = now.map(offer -> new Side(offer, comparison.cvesBefore));
    Side after = new Side(next, comparison.cvesAfter);
    List<String> digests = List.copyOf(comparison.images.keySet());
    Optional<Planning> planning = Optional.empty();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int from = 0; from < digests.size(); from += TOGETHER) {
        Map<String, Inventory> loaded =
            series.load(digests.subList(from, Math.min(digests.size(), from + TOGETHER)));
        // For one thread at a time, so the ones before have to be done.
        Optional<Planned> done = planning.map(PromotionPreviews::joined);
        planning =
            Optional.of(
                new Planning(
                    executor.submit(() -> before.map(it -> it.plans(loaded)).orElse(Map.of())),
                    executor.submit(() -> after.plans(loaded))));
        done.ifPresent(comparison::add);
      }
      planning.map(PromotionPreviews::joined).ifPresent(comparison::add);
    }
  }

  /** What updates to one snapshot would change and fix. */
  private final class Side {
    private final Outlook.Target target;
    private final Cves cves;

    Side(Offer offer, Cves cves) {
      this.target = outlook.target(offer);
      this.cves = cves;
    }

    /** Returns the plans of inventories, by digest. */
    Map<String, UpdatePlan> plans(Map<String, Inventory> loaded) {
      Outlook.Planned planned = target.plan(loaded);
      cves.add(target.fixes(planned));
      return planned.plans();
    }
  }

  /** Inventories that are being planned. */
  private record Planning(
      Future<Map<String, UpdatePlan>> before, Future<Map<String, UpdatePlan>> after) {}

  /** The plans of some inventories by both snapshots, by digest. */
  private record Planned(Map<String, UpdatePlan> before, Map<String, UpdatePlan> after) {}

  private static Planned joined(Planning planning) {
    return new Planned(joined(planning.before()), joined(planning.after()));
  }

  private static <T> T joined(Future<T> side) {
    try {
      return side.get();
    } catch (ExecutionException e) {
      throw switch (e.getCause()) {
        case RuntimeException cause -> cause;
        case null, default -> new IllegalStateException(e);
      };
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a promotion is previewed", e);
    }
  }

  private static Ring standing(Ring ring, String snapshot) {
    return new Ring(
        ring.id(),
        ring.channel(),
        ring.name(),
        ring.source(),
        Optional.of(new Standing(snapshot, ring.created())),
        ring.gates(),
        ring.created());
  }

  private Optional<Offer> now(String platform, Ring ring) {
    try {
      return Optional.of(plans.offerFor(platform, ring));
    } catch (RefusedException e) {
      // It stands on nothing that could be compared with.
      return Optional.empty();
    }
  }

  private List<Member> members(Ring ring) {
    return database.read(handle ->
        handle
            .createQuery(
                """
                SELECT image.account_id, image.region, image.name, image.platform,
                       image.inventory_digest
                  FROM ring_line JOIN line_image ON line_image.line_id = ring_line.line_id
                  JOIN image ON image.id = line_image.image_id
                 WHERE ring_line.ring_id = :ring AND image.state = 'AVAILABLE'
                   AND image.platform IS NOT NULL AND image.inventory_digest IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM binned_image WHERE image_id = image.id)
                 ORDER BY image.account_id, image.region, image.name
                """)
            .bind("ring", ring.id())
            .map((row, _) ->
                new Member(
                    row.getString("account_id"),
                    row.getString("region"),
                    row.getString("name"),
                    row.getString("platform"),
                    row.getString("inventory_digest")))
            .list());
  }

  private record Step(String name, String from, String to, boolean security) {
    static Step of(Change each) {
      return new Step(each.name(), each.from(), each.to(), each.security());
    }
  }

  /** Adds up what the plans of a ring's images say. */
  private static final class Comparison {
    private final List<Member> members;

    /** How many images have an inventory, by digest. */
    private final Map<String, Integer> images = new LinkedHashMap<>();

    private final Set<String> outdated = new HashSet<>();

    /** The numbers of changes of inventories that have some, by digest. */
    private final Map<String, Integer> outdatedAfter = new HashMap<>();

    private final Map<Step, Integer> steps = new HashMap<>();
    private final Cves cvesBefore = new Cves();
    private final Cves cvesAfter = new Cves();

    Comparison(List<Member> members) {
      this.members = members;
      members.forEach(each -> images.merge(each.inventory(), 1, Integer::sum));
    }

    private void add(Planned planned) {
      planned
          .before()
          .forEach((inventory, plan) -> {
            if (!plan.isEmpty()) {
              outdated.add(inventory);
            }
          });
      planned
          .after()
          .forEach((inventory, plan) -> {
            if (!plan.isEmpty()) {
              outdatedAfter.put(inventory, plan.changes().size());
              addSteps(
                  planned.before().getOrDefault(inventory, NOTHING),
                  plan,
                  images.getOrDefault(inventory, 0));
            }
          });
    }

    /** Counts the images of each change that is new. */
    private void addSteps(UpdatePlan before, UpdatePlan after, int count) {
      Set<Step> known = new HashSet<>();
      before.changes().forEach(change -> known.add(Step.of(change)));
      for (Change change : after.changes()) {
        Step step = Step.of(change);
        if (!known.contains(step)) {
          steps.merge(step, count, Integer::sum);
        }
      }
    }

    private PromotionPreview preview(Promotion promotion) {
      return new PromotionPreview(
          promotion,
          members.size(),
          (int) members.stream().filter(each -> outdated.contains(each.inventory())).count(),
          (int)
              members.stream().filter(each -> outdatedAfter.containsKey(each.inventory())).count(),
          members.stream()
              .filter(each -> !outdated.contains(each.inventory()))
              .filter(each -> outdatedAfter.containsKey(each.inventory()))
              .map(each ->
                  new Becoming(
                      each.account(),
                      each.region(),
                      each.name(),
                      outdatedAfter.getOrDefault(each.inventory(), 0)))
              .toList(),
          steps.entrySet().stream()
              .map(each ->
                  new PackageStep(
                      each.getKey().name(),
                      each.getKey().from(),
                      each.getKey().to(),
                      each.getKey().security(),
                      each.getValue()))
              .sorted(
                  Comparator.comparing(PackageStep::name)
                      .thenComparing(PackageStep::from)
                      .thenComparing(PackageStep::to))
              .toList(),
          without(cvesAfter.others(), cvesBefore.others()),
          without(cvesAfter.kernel, cvesBefore.kernel),
          List.copyOf(cvesAfter.unknown));
    }

    private static List<String> without(Set<String> all, Set<String> some) {
      return all.stream().filter(each -> !some.contains(each)).toList();
    }
  }

  /** CVEs that updates fix, each once. */
  private static final class Cves {
    /** The finder gives the same source of many plans as the same object. */
    private final Set<SourceFixes> seen = Collections.newSetFromMap(new IdentityHashMap<>());

    private final Set<String> others = new TreeSet<>();
    private final Set<String> kernel = new TreeSet<>();
    private final Set<String> unknown = new TreeSet<>();

    void add(Collection<Fixes> all) {
      for (Fixes fixes : all) {
        fixes.sources().stream().filter(seen::add).forEach(this::add);
      }
    }

    private void add(SourceFixes source) {
      Set<String> set = source.kernel() ? kernel : others;
      source.fixed().stream().map(FixedCve::cve).forEach(set::add);
      if (!source.unknown().isEmpty()) {
        unknown.addAll(source.packages());
      }
    }

    /** Returns those outside the kernel. */
    Set<String> others() {
      Set<String> found = new TreeSet<>(others);
      found.removeAll(kernel);
      return found;
    }
  }
}
