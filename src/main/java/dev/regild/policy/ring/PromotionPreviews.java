package dev.regild.policy.ring;

import static java.util.stream.Collectors.toSet;

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
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
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
    Map<String, Inventory> inventories =
        outlook.load(members.stream().map(Member::inventory).collect(toSet()));
    if (members.isEmpty()) {
      Side nothing = new Side(Map.of(), new Cves());
      return preview(promotion, members, nothing, nothing);
    }
    // A ring is of one channel, and a channel of one platform.
    String platform = members.getFirst().platform();
    Offer next = plans.offerFor(platform, standing(target, promotion.snapshot()));
    Optional<Offer> now = now(platform, target);
    // Neither needs what comes of the other.
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Side> before =
          executor.submit(() ->
              now.map(offer -> side(offer, inventories))
                  .orElseGet(() -> new Side(Map.of(), new Cves())));
      Side after = side(next, inventories);
      return preview(promotion, members, joined(before), after);
    }
  }

  /** What updates to one snapshot would change and fix. */
  private record Side(Map<String, UpdatePlan> plans, Cves cves) {}

  private Side side(Offer offer, Map<String, Inventory> inventories) {
    Outlook.Planned planned = outlook.plan(offer, inventories);
    return new Side(planned.plans(), new Cves(outlook.fixes(offer, planned)));
  }

  private static Side joined(Future<Side> side) {
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

  private static PromotionPreview preview(
      Promotion promotion, List<Member> members, Side before, Side after) {
    int outdated = 0;
    int outdatedAfter = 0;
    List<Becoming> becoming = new ArrayList<>();
    Map<String, Integer> images = new HashMap<>();
    for (Member member : members) {
      images.merge(member.inventory(), 1, Integer::sum);
      boolean now = !before.plans().getOrDefault(member.inventory(), NOTHING).isEmpty();
      UpdatePlan next = after.plans().getOrDefault(member.inventory(), NOTHING);
      outdated += now ? 1 : 0;
      outdatedAfter += next.isEmpty() ? 0 : 1;
      if (!now && !next.isEmpty()) {
        becoming.add(
            new Becoming(member.account(), member.region(), member.name(), next.changes().size()));
      }
    }
    return new PromotionPreview(
        promotion,
        members.size(),
        outdated,
        outdatedAfter,
        becoming,
        steps(images, before.plans(), after.plans()),
        without(after.cves().others, before.cves().others),
        without(after.cves().kernel, before.cves().kernel),
        List.copyOf(after.cves().unknown));
  }

  private record Step(String name, String from, String to, boolean security) {
    static Step of(Change each) {
      return new Step(each.name(), each.from(), each.to(), each.security());
    }
  }

  /** Counts the images of each change that is new. */
  private static List<PackageStep> steps(
      Map<String, Integer> images, Map<String, UpdatePlan> before, Map<String, UpdatePlan> after) {
    Map<Step, Integer> counts = new LinkedHashMap<>();
    after.forEach((inventory, plan) -> {
      Set<Step> known =
          before.getOrDefault(inventory, NOTHING).changes().stream().map(Step::of).collect(toSet());
      for (Change change : plan.changes()) {
        Step step = Step.of(change);
        if (!known.contains(step)) {
          counts.merge(step, images.getOrDefault(inventory, 0), Integer::sum);
        }
      }
    });
    return counts.entrySet().stream()
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
        .toList();
  }

  private static List<String> without(Set<String> all, Set<String> some) {
    return all.stream().filter(each -> !some.contains(each)).toList();
  }

  /** CVEs that updates fix, each once. */
  private static final class Cves {
    private final Set<String> others = new TreeSet<>();
    private final Set<String> kernel = new TreeSet<>();
    private final Set<String> unknown = new TreeSet<>();

    Cves() {}

    Cves(List<Fixes> all) {
      // The finder gives the same source of many plans as the same object.
      Set<SourceFixes> sources = Collections.newSetFromMap(new IdentityHashMap<>());
      all.forEach(fixes -> sources.addAll(fixes.sources()));
      for (SourceFixes source : sources) {
        Set<String> set = source.kernel() ? kernel : others;
        source.fixed().stream().map(FixedCve::cve).forEach(set::add);
        if (!source.unknown().isEmpty()) {
          unknown.addAll(source.packages());
        }
      }
      others.removeAll(kernel);
    }
  }
}
