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

  /** What updates of inventories to a snapshot would change. */
  public static final class Planned {
    private final Map<String, Judge.Planned> planned;

    private Planned(Map<String, Judge.Planned> planned) {
      this.planned = planned;
    }

    /** Returns the plans by the inventories' digests. */
    public Map<String, UpdatePlan> plans() {
      Map<String, UpdatePlan> plans = new HashMap<>();
      planned.forEach((digest, each) -> plans.put(digest, each.plan()));
      return plans;
    }
  }

  /** Returns inventories by digest; lacks those that have gone. */
  public Map<String, Inventory> load(Collection<String> digests) {
    return new PackageForms(database, inventories).load(List.copyOf(digests));
  }

  /** Plans the updates of inventories that were loaded together, by digest. */
  public Planned plan(Offer offer, Map<String, Inventory> loaded) {
    Judge judge = new Judge(offer, plannedFixes);
    Map<String, Judge.Planned> planned = new HashMap<>();
    loaded.forEach((digest, inventory) -> planned.put(digest, judge.plan(inventory)));
    return new Planned(planned);
  }

  /** Returns what updates would fix, once for all inventories whose updates change the same. */
  public List<Fixes> fixes(Offer offer, Planned all) {
    Map<List<Change>, Judge.Planned> distinct = new LinkedHashMap<>();
    for (Judge.Planned each : all.planned.values()) {
      if (!each.plan().isEmpty()) {
        distinct.putIfAbsent(each.plan().changes(), each);
      }
    }
    PlannedFixes.Read read =
        plannedFixes.read(
            offer.snapshot(), distinct.values().stream().map(Judge.Planned::plan).toList());
    FixMemo memo = new FixMemo();
    List<Fixes> fixes = new ArrayList<>();
    for (Judge.Planned each : distinct.values()) {
      fixes.add(read.find(each.inventory(), each.concerned(), each.plan(), memo));
    }
    return fixes;
  }
}
