package dev.regild.update;

import dev.regild.plan.Change;
import dev.regild.servicing.Transaction;
import dev.regild.servicing.Transaction.Install;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Has what services the guest say what the transaction is, and compares it with the plan. */
final class Resolve {
  Transaction run(Update update, Servicing servicing)
      throws IOException, StepException, InterruptedException {
    Transaction transaction = servicing.resolve();
    Set<String> installed =
        transaction.installs().stream().map(Install::name).collect(Collectors.toSet());
    List<String> keptBack =
        update.plan().changes().stream()
            .filter(change -> !covers(installed, change))
            .map(Change::name)
            .toList();
    if (!keptBack.isEmpty()) {
      throw new StepException(
          "The guest's package manager keeps back what the plan promises: "
              + String.join(", ", keptBack)
              + ". Take the pin or the conflict out of the image, or put the package on hold.");
    }
    return transaction;
  }

  /** apt names a package of a foreign architecture with it, one of its own without. */
  private static boolean covers(Set<String> installed, Change change) {
    return installed.contains(change.name())
        || installed.contains(change.name() + ":" + change.architecture());
  }
}
