package dev.regild.update.verdict;

import dev.regild.db.Database;
import dev.regild.image.Inventories;
import dev.regild.insight.FixMemo;
import dev.regild.insight.Fixes;
import dev.regild.inventory.Inventory;
import dev.regild.plan.Change;
import dev.regild.plan.UpdatePlan;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.UpdatePlans.Offer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares inventories with a snapshot by which no image is judged yet, exactly as {@link Judging}
 * would. Writes nothing.
 */
public final class Outlook {
  private final Database database;
  private final Inventories inventories;
  private final PlannedFixes plannedFixes;

  public Outlook(Database database, Inventories inventories, PlannedFixes plannedFixes) {
    this.database = database;
    this.inventories = inventories;
    this.plannedFixes = plannedFixes;
  }

  /** Returns the plans of inventories, by digest; lacks those that have gone. */
  public Map<String, UpdatePlan> plans(Offer offer, Collection<String> digests) {
    return plans(new Judge(offer, plannedFixes), load(digests));
  }

  private Map<String, Inventory> load(Collection<String> digests) {
    return new PackageForms(database, inventories).load(List.copyOf(digests));
  }

  private static Map<String, UpdatePlan> plans(Judge judge, Map<String, Inventory> loaded) {
    Map<String, UpdatePlan> plans = new HashMap<>();
    loaded.forEach((digest, inventory) -> plans.put(digest, judge.planOf(inventory)));
    return plans;
  }

  /**
   * Returns what updates would fix, once for all inventories whose updates change the same.
   *
   * @param plans by the inventories' digests
   */
  public List<Fixes> fixes(Offer offer, Map<String, UpdatePlan> plans) {
    Map<List<Change>, String> distinct = new LinkedHashMap<>();
    plans.forEach((digest, plan) -> {
      if (!plan.isEmpty()) {
        distinct.putIfAbsent(plan.changes(), digest);
      }
    });
    Map<String, Inventory> loaded = load(distinct.values());
    List<UpdatePlan> chosen = distinct.values().stream().map(plans::get).toList();
    PlannedFixes.Read read = plannedFixes.read(offer.snapshot(), chosen);
    FixMemo memo = new FixMemo();
    List<Fixes> fixes = new ArrayList<>();
    loaded.forEach((digest, inventory) -> {
      UpdatePlan plan = plans.get(digest);
      if (plan != null) {
        fixes.add(read.find(inventory, inventory.packages(), plan, memo));
      }
    });
    return fixes;
  }
}
