package dev.regild.update.steps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.apt.DebianVersion;
import dev.regild.inventory.Inventory;
import dev.regild.job.StepException;
import dev.regild.plan.Change;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.KeptBack;
import dev.regild.plan.PackageChange;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.Servicing;
import dev.regild.servicing.Transaction;
import dev.regild.servicing.Transaction.Install;
import dev.regild.servicing.Transaction.Removal;
import java.nio.file.Path;
import java.util.List;
import java.util.function.DoubleConsumer;
import org.junit.jupiter.api.Test;

class ResolveTest {
  private static final Change BASH = change(ChangeKind.OS, "bash");
  private static final Change DASH = change(ChangeKind.OS, "dash");
  private static final Change AGENT = change(ChangeKind.AGENT, "agent");
  private static final Install NEW_BASH = new Install("bash", "1", "2");

  @Test
  void whatTheGuestKeepsBackIsToldAndTheRestIsUpdated() throws Exception {
    UpdatePlan plan = resolved(List.of(BASH, DASH), UpdateOptions.NONE, NEW_BASH);
    assertThat(plan.changes()).containsExactly(BASH);
    assertThat(plan.keptBack())
        .containsExactly(new KeptBack("dash", "amd64", "1", "2", "needs what is not to be had"));
  }

  @Test
  void aVersionBelowThePlansIsWhatIsPromisedFromThenOn() throws Exception {
    UpdatePlan plan = resolved(List.of(BASH), UpdateOptions.NONE, new Install("bash", "1", "1.5"));
    assertThat(plan.changes()).extracting(Change::to).containsExactly("1.5");
    assertThat(plan.keptBack()).extracting(KeptBack::offered).containsExactly("2");
  }

  @Test
  void anUpdateOfNothingAndOneWithoutItsAgentHaveFailed() {
    assertThatThrownBy(() -> resolved(List.of(DASH), UpdateOptions.NONE))
        .hasMessage("None of the plan's changes is possible: dash 2 (needs what is not to be had)");
    assertThatThrownBy(() -> resolved(List.of(BASH, AGENT), UpdateOptions.NONE, NEW_BASH))
        .hasMessageStartingWith("The agent agent 2 is kept back (needs what is not to be had).");
  }

  @Test
  void whatComesAndWhatChangesBesidesIsInTheRecord() throws Exception {
    UpdatePlan plan =
        resolved(
            List.of(BASH),
            UpdateOptions.NONE,
            NEW_BASH,
            new Install("libnew", "", "3"),
            new Install("same", "1.0", "1.0"));
    assertThat(plan.others())
        .containsExactly(
            new PackageChange(PackageChange.Kind.ADDED, "libnew", "", "3", ""),
            new PackageChange(
                PackageChange.Kind.UNPLANNED,
                "same",
                "1.0",
                "1.0",
                "the same version with other dependencies"));
  }

  @Test
  void whatWasInstalledByHandGoesOnlyIfTheOperatorAllowsIt() throws Exception {
    Removal byHand = new Removal("app", "1", true, "Depends: libssl3 (<< 3.0.21)");
    Removal automatic = new Removal("lib", "1", false, "");
    assertThatThrownBy(() -> resolve(UpdateOptions.NONE, List.of(byHand, automatic)))
        .isInstanceOf(StepException.class)
        .hasMessageContaining("installed by hand: app 1 (Depends: libssl3 (<< 3.0.21)).")
        .hasMessageContaining("--allow-removals");
    assertThat(resolve(UpdateOptions.NONE, List.of(automatic)).others())
        .extracting(PackageChange::name)
        .containsExactly("lib");
    assertThat(resolve(new UpdateOptions(true, false), List.of(byHand)).others())
        .containsExactly(
            new PackageChange(
                PackageChange.Kind.REMOVED, "app", "1", "", "Depends: libssl3 (<< 3.0.21)"));
  }

  private static UpdatePlan resolve(UpdateOptions options, List<Removal> removals)
      throws Exception {
    Transaction transaction = new Transaction(List.of(), List.of(NEW_BASH), removals);
    return Resolve.possible(
            new UpdatePlan(List.of(BASH)), options, DebianVersion.FAMILY, new Fake(transaction))
        .plan();
  }

  private static UpdatePlan resolved(List<Change> changes, UpdateOptions options, Install... found)
      throws Exception {
    Transaction transaction = new Transaction(List.of(), List.of(found), List.of());
    return Resolve.possible(
            new UpdatePlan(changes), options, DebianVersion.FAMILY, new Fake(transaction))
        .plan();
  }

  private static Change change(ChangeKind kind, String name) {
    return new Change(kind, name, "amd64", "1", "2");
  }

  /** A guest that answers with a transaction. */
  private record Fake(Transaction transaction) implements Servicing {
    @Override
    public String manner() {
      return "";
    }

    @Override
    public Inventory inventory() {
      throw new AssertionError();
    }

    @Override
    public Transaction resolve() {
      return transaction;
    }

    @Override
    public String repair() {
      throw new AssertionError();
    }

    @Override
    public String whyKeptBack(Change change) {
      return "needs what is not to be had";
    }

    @Override
    public void apply(Transaction found, Path packages, DoubleConsumer progress) {
      throw new AssertionError();
    }

    @Override
    public Inventory verify() {
      throw new AssertionError();
    }

    @Override
    public void seal() {
      throw new AssertionError();
    }
  }
}
