package dev.regild.update.steps;

import dev.regild.disk.UnfitDiskException;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.inventory.Inventory;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.job.StepException;
import dev.regild.plan.Change;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.KeptBack;
import dev.regild.plan.PackageChange;
import dev.regild.plan.PackageFamily;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.Servicing;
import dev.regild.servicing.Transaction;
import dev.regild.servicing.Transaction.Install;
import dev.regild.servicing.Transaction.Removal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Has what services the guest say what the transaction is, and compares it with the plan. What the
 * guest keeps back is told, and the rest is updated.
 */
public record Resolve(Inventories inventories, UpdateOutcomes outcomes)
    implements Step<Prepare.Open, Resolve.Resolved> {
  /** So many are asked about one by one; the reasons of more are alike. */
  private static final int ASKED_ABOUT = 8;

  /**
   * What is going to be done.
   *
   * @param open with what of the plan is possible, and all that else comes and goes
   */
  public record Resolved(Prepare.Open open, Transaction transaction) {}

  @Override
  public String name() {
    return "Resolve";
  }

  /**
   * Decides.
   *
   * @throws StepException if nothing is left to do, the agent is kept back, or what the image's
   *     owner installed by hand would go and the operator has not allowed that
   */
  @Override
  public Resolved run(Prepare.Open open, StepControl control)
      throws IOException, StepException, UnfitDiskException, InterruptedException {
    Update update = completed(open, control);
    Possible possible =
        possible(update.plan(), update.options(), update.snapshot().family(), open.servicing());
    control.record(handle -> outcomes.replan(handle, update.newImage().id(), possible.plan()));
    return new Resolved(
        new Prepare.Open(update.with(possible.plan()), open.base(), open.servicing()),
        possible.transaction());
  }

  /** An inventory that an older version stored lacks what a plan honours: it is read now. */
  private Update completed(Prepare.Open open, StepControl control)
      throws IOException, UnfitDiskException {
    Update update = open.update();
    if (update.inventory().isComplete()) {
      return update;
    }
    Inventory whole = open.servicing().inventory();
    control.record(handle ->
        Images.replaceInventory(handle, update.existing(), inventories.store(handle, whole)));
    return update.with(whole);
  }

  /** As {@code GET /regild/v1/updates} shows it: counts, then every name that is new or gone. */
  @Override
  public String outcome(Resolved resolved) {
    Transaction transaction = resolved.transaction();
    List<String> added =
        transaction.installs().stream()
            .filter(install -> install.from().isEmpty())
            .map(install -> "+" + install.name() + " " + install.to())
            .toList();
    List<String> removed =
        transaction.removals().stream()
            .map(each -> ("-" + each.name() + " " + each.version()).strip())
            .toList();
    String counts =
        "%d upgraded, %d new, %d removed"
            .formatted(transaction.installs().size() - added.size(), added.size(), removed.size());
    return Stream.of(List.of(counts), added, removed)
        .flatMap(List::stream)
        .collect(Collectors.joining("; "));
  }

  @Override
  public String remedy(Prepare.Open open, String reason) {
    return Remedy.of(reason, open.servicing().repair());
  }

  /**
   * What of a plan can be done.
   *
   * @param plan with all that else comes and goes
   */
  record Possible(Transaction transaction, UpdatePlan plan) {}

  static Possible possible(
      UpdatePlan promised, UpdateOptions options, PackageFamily family, Servicing servicing)
      throws IOException, StepException, InterruptedException {
    Transaction transaction = servicing.resolve();
    if (!options.allowRemovals()) {
      requireNothingOfTheOwnersToGo(transaction.removals());
    }
    UpdatePlan plan = plan(promised, family, servicing, transaction);
    if (plan.isEmpty()) {
      throw new StepException(
          "None of the plan's changes is possible: "
              + plan.keptBack().stream().map(Resolve::spoken).collect(Collectors.joining("; ")));
    }
    return new Possible(transaction, plan);
  }

  private static String spoken(KeptBack each) {
    return "%s %s (%s)".formatted(each.name(), each.offered(), each.reason());
  }

  private static void requireNothingOfTheOwnersToGo(List<Removal> removals) throws StepException {
    List<String> byHand =
        removals.stream()
            .filter(Removal::byHand)
            .map(each ->
                each.name()
                    + " "
                    + each.version()
                    + (each.why().isEmpty() ? "" : " (" + each.why() + ")"))
            .toList();
    if (!byHand.isEmpty()) {
      throw new StepException(
          "The update would remove packages that were installed by hand: "
              + String.join(", ", byHand)
              + ". Hold the packages to keep, or allow removals (regild update"
              + " --allow-removals, or allow-removals: true in the channel's file).");
    }
  }

  private static UpdatePlan plan(
      UpdatePlan promised, PackageFamily family, Servicing servicing, Transaction transaction)
      throws IOException, StepException {
    Map<String, Install> installs = new HashMap<>();
    transaction.installs().forEach(install -> installs.put(install.name(), install));
    List<Change> changes = new ArrayList<>();
    List<KeptBack> keptBack = new ArrayList<>(promised.keptBack());
    int asked = 0;
    for (Change change : promised.changes()) {
      Optional<Install> install = of(installs, change);
      boolean whole =
          install.isPresent() && family.order().compare(install.get().to(), change.to()) >= 0;
      if (install.isPresent()) {
        changes.add(whole ? change : change.upTo(install.get().to()));
      }
      if (!whole) {
        String why =
            asked++ < ASKED_ABOUT || change.kind() == ChangeKind.AGENT
                ? servicing.whyKeptBack(change)
                : "the guest's package manager does not select it";
        requireNotTheAgent(change, why);
        keptBack.add(
            new KeptBack(change.name(), change.architecture(), change.from(), change.to(), why));
      }
    }
    return new UpdatePlan(
        changes,
        promised.securityOnly(),
        keptBack,
        others(changes, transaction),
        promised.warnings());
  }

  private static void requireNotTheAgent(Change change, String why) throws StepException {
    if (change.kind() == ChangeKind.AGENT) {
      throw new StepException(
          "The agent %s %s is kept back (%s). Remove what blocks it from the image, or remove the agent from the channel."
              .formatted(change.name(), change.to(), why));
    }
  }

  /** apt names a package of a foreign architecture with it, one of its own without. */
  private static Optional<Install> of(Map<String, Install> installs, Change change) {
    return Optional.ofNullable(installs.get(change.name() + ":" + change.architecture()))
        .or(() -> Optional.ofNullable(installs.get(change.name())));
  }

  private static List<PackageChange> others(List<Change> changes, Transaction transaction) {
    Set<String> planned = new HashSet<>();
    for (Change change : changes) {
      planned.add(change.name());
      planned.add(change.name() + ":" + change.architecture());
    }
    List<PackageChange> others = new ArrayList<>();
    for (Install each : transaction.installs()) {
      if (!planned.contains(each.name())) {
        boolean added = each.from().isEmpty();
        others.add(
            new PackageChange(
                added ? PackageChange.Kind.ADDED : PackageChange.Kind.UNPLANNED,
                each.name(),
                each.from(),
                each.to(),
                each.from().equals(each.to()) ? "the same version with other dependencies" : ""));
      }
    }
    for (Removal each : transaction.removals()) {
      others.add(
          new PackageChange(
              PackageChange.Kind.REMOVED, each.name(), each.version(), "", each.why()));
    }
    return others;
  }
}
