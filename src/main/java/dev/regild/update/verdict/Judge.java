package dev.regild.update.verdict;

import dev.regild.insight.FixMemo;
import dev.regild.insight.Fixes;
import dev.regild.inventory.Inventory;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.Change;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PlanRules;
import dev.regild.plan.Planner;
import dev.regild.plan.UpdatePlan;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.UpdatePlans.Offer;
import dev.regild.update.verdict.Verdict.Changes;
import dev.regild.update.verdict.Verdict.Fixable;
import dev.regild.update.verdict.Verdict.State;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Compares many inventories of one platform with one snapshot. Plans as an update does, but asks
 * the snapshot about each package once. For one thread.
 */
final class Judge {
  /** The owners of images differ in what they prefer; the answers for some of them are kept. */
  private static final int MOST_OFFERS = 16;

  private final Offer offer;
  private final PlanRules rules;

  /** By the names of packages that change: the rules are patterns. */
  private final Map<String, ChangeKind> kinds = new HashMap<>();

  private final PlannedFixes plannedFixes;
  private final FixMemo fixes = new FixMemo();
  private final Map<Object, SharedOffer> shared = new LinkedHashMap<>(16, 0.75f, true);

  Judge(Offer offer, PlannedFixes plannedFixes) {
    this.offer = offer;
    this.rules = offer.rules();
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
    kinds.clear();
  }

  /** Compares inventories, by their digests. */
  Map<String, Comparison> compare(Map<String, Inventory> inventories) {
    Map<String, Planned> planned = new HashMap<>();
    inventories.forEach((digest, inventory) -> planned.put(digest, plan(inventory)));
    PlannedFixes.Read read =
        plannedFixes.read(offer.snapshot(), planned.values().stream().map(Planned::plan).toList());
    Map<String, Comparison> compared = new HashMap<>();
    planned.forEach((digest, each) -> compared.put(digest, comparison(read, each)));
    return compared;
  }

  /**
   * The plan for an inventory.
   *
   * @param concerned the packages that it can change
   */
  record Planned(Inventory inventory, Collection<InstalledPackage> concerned, UpdatePlan plan) {}

  /** Plans the update of an inventory. */
  Planned plan(Inventory inventory) {
    Optional<Object> basis = offer.snapshot().offerBasis(inventory);
    if (basis.isEmpty()) {
      return plan(inventory, inventory.packages(), offer.availableTo(inventory));
    }
    SharedOffer known =
        shared.computeIfAbsent(basis.get(), _ -> new SharedOffer(offer.availableTo(inventory)));
    if (shared.size() > MOST_OFFERS) {
      shared.remove(shared.keySet().iterator().next());
    }
    return plan(inventory, known.concerned(inventory.packages()), known);
  }

  private Planned plan(
      Inventory inventory, Collection<InstalledPackage> concerned, AvailablePackages available) {
    return new Planned(inventory, concerned, Planner.plan(concerned, available, this::kindOf));
  }

  private ChangeKind kindOf(String packageName) {
    return kinds.computeIfAbsent(packageName, rules::kindOf);
  }

  private Comparison comparison(PlannedFixes.Read read, Planned planned) {
    UpdatePlan plan = planned.plan();
    if (plan.isEmpty()) {
      return new Comparison(State.CURRENT, Changes.NONE, Fixable.NOTHING);
    }
    int security = (int) plan.changes().stream().filter(Change::security).count();
    Fixes.Counts counts =
        fixes.counts(read.find(planned.inventory(), planned.concerned(), plan, fixes));
    return new Comparison(
        State.OUTDATED,
        new Changes(plan.changes().size(), security),
        new Fixable(counts.fixed(), counts.kernel(), counts.unknown().size()));
  }
}
