package dev.regild.update.verdict;

import dev.regild.insight.FixMemo;
import dev.regild.insight.Fixes;
import dev.regild.inventory.Inventory;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.Change;
import dev.regild.plan.Planner;
import dev.regild.plan.UpdatePlan;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.UpdatePlans.Offer;
import dev.regild.update.verdict.Verdict.Changes;
import dev.regild.update.verdict.Verdict.Fixable;
import dev.regild.update.verdict.Verdict.State;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compares many inventories of one platform with one snapshot. Plans as an update does, but asks
 * the snapshot about each package once. For one thread.
 */
final class Judge {
  /** The owners of images differ in what they prefer; the answers for some of them are kept. */
  private static final int MOST_OFFERS = 16;

  private static final UpdatePlan NOTHING = new UpdatePlan(List.of());

  private final Offer offer;
  private final PlannedFixes plannedFixes;
  private final FixMemo fixes = new FixMemo();
  private final Map<Object, SharedOffer> shared = new LinkedHashMap<>(16, 0.75f, true);

  Judge(Offer offer, PlannedFixes plannedFixes) {
    this.offer = offer;
    this.plannedFixes = plannedFixes;
  }

  /** How an inventory compares. */
  record Comparison(State state, Changes changes, Fixable fixable) {
    /** There is nothing to compare with. */
    static final Comparison UNKNOWN = new Comparison(State.UNKNOWN, Changes.NONE, Fixable.NOTHING);
  }

  /** Frees the answers about packages, which are asked about no more. */
  void forget() {
    shared.clear();
  }

  /** Compares inventories, by their digests. */
  Map<String, Comparison> compare(Map<String, Inventory> inventories) {
    Map<String, UpdatePlan> plans = new HashMap<>();
    inventories.forEach((digest, inventory) -> plans.put(digest, plan(inventory)));
    PlannedFixes.Read read = plannedFixes.read(offer.snapshot(), plans.values());
    Map<String, Comparison> compared = new HashMap<>();
    inventories.forEach((digest, inventory) -> {
      UpdatePlan plan = plans.getOrDefault(digest, NOTHING);
      compared.put(digest, comparison(read, inventory, plan));
    });
    return compared;
  }

  /** Returns what an update of an inventory would change. */
  UpdatePlan plan(Inventory inventory) {
    return Planner.plan(inventory.packages(), available(inventory), offer.rules());
  }

  private AvailablePackages available(Inventory inventory) {
    Optional<Object> basis = offer.snapshot().offerBasis(inventory);
    if (basis.isEmpty()) {
      return offer.availableTo(inventory);
    }
    AvailablePackages known =
        shared.computeIfAbsent(basis.get(), _ -> new SharedOffer(offer.availableTo(inventory)));
    if (shared.size() > MOST_OFFERS) {
      shared.remove(shared.keySet().iterator().next());
    }
    return known;
  }

  private Comparison comparison(PlannedFixes.Read read, Inventory inventory, UpdatePlan plan) {
    if (plan.isEmpty()) {
      return new Comparison(State.CURRENT, Changes.NONE, Fixable.NOTHING);
    }
    int security = (int) plan.changes().stream().filter(Change::security).count();
    Fixes.Counts counts = fixes.counts(read.find(inventory, plan, fixes));
    return new Comparison(
        State.OUTDATED,
        new Changes(plan.changes().size(), security),
        new Fixable(counts.fixed(), counts.kernel(), counts.unknown().size()));
  }
}
