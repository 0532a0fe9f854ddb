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
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares many inventories with snapshots by which no image is judged yet, exactly as {@link
 * Judging} would. Writes nothing.
 */
public final class Outlook {
  private static final UpdatePlan NOTHING = new UpdatePlan(List.of());

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

  /** Begins to compare inventories with what a channel offers. */
  public Target target(Offer offer) {
    return new Target(offer);
  }

  /**
   * What a channel offers, as many inventories ask for it: about each package, and for each
   * changelog, once. For one thread at a time.
   */
  public final class Target {
    private final Judge judge;
    private final PlannedFixes.Read changelogs;
    private final FixMemo memo = new FixMemo();

    private Target(Offer offer) {
      this.judge = new Judge(offer, plannedFixes);
      this.changelogs = plannedFixes.read(offer.snapshot(), List.of());
    }

    /** Plans the updates of inventories of one series, by digest. */
    public Planned plan(Map<String, Inventory> loaded) {
      Map<String, Judge.Planned> planned = new HashMap<>();
      loaded.forEach((digest, inventory) -> planned.put(digest, judge.plan(inventory)));
      return new Planned(planned);
    }

    /** Returns what updates would fix, once for all inventories whose updates change the same. */
    public Collection<Fixes> fixes(Planned all) {
      return fixes(all, all.plans()).values();
    }

    /**
     * Returns what updates would fix if they made only some of their changes.
     *
     * @param parts by the inventories' digests
     * @return by these changes
     */
    public Map<List<Change>, Fixes> fixes(Planned all, Map<String, UpdatePlan> parts) {
      Map<List<Change>, Judge.Planned> distinct = new LinkedHashMap<>();
      all.planned.forEach((digest, each) -> {
        UpdatePlan part = parts.getOrDefault(digest, NOTHING);
        if (!part.isEmpty()) {
          distinct.putIfAbsent(
              part.changes(), new Judge.Planned(each.inventory(), each.concerned(), part));
        }
      });
      changelogs.add(distinct.values().stream().map(Judge.Planned::plan).toList());
      Map<List<Change>, Fixes> fixes = new HashMap<>();
      distinct.forEach((changes, each) ->
          fixes.put(
              changes, changelogs.find(each.inventory(), each.concerned(), each.plan(), memo)));
      return fixes;
    }
  }

  /** Begins to read inventories, some at a time. */
  public Series series() {
    return new Series();
  }

  /** Inventories that are read some at a time, each package once. For one thread. */
  public final class Series {
    private final PackageForms forms = new PackageForms(database, inventories);
    private final Map<Offer, Target> targets = new HashMap<>();

    private Series() {}

    /** Returns inventories by digest; lacks those that have gone. */
    public Map<String, Inventory> load(Collection<String> digests) {
      if (forms.forgetMany()) {
        targets.clear();
      }
      return forms.load(List.copyOf(digests));
    }

    /** Returns what the inventories that were just loaded are compared with. */
    public Target target(Offer offer) {
      return targets.computeIfAbsent(offer, Outlook.this::target);
    }
  }
}
