package dev.regild.update;

import dev.regild.disk.LayerStore;
import dev.regild.image.Qualification;
import dev.regild.inventory.Inventory;
import dev.regild.machine.ProgramException;
import dev.regild.servicing.QualificationReport;
import dev.regild.servicing.Watcher;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Boots the new image on a throw-away layer. A unit that fails in the existing image too does not
 * fail the new one: where any fails, the existing image is booted as well, to compare.
 */
final class Qualify {
  private final LayerStore layers;
  private final Platforms platforms;
  private final ThrowAwayBoot boot;

  Qualify(LayerStore layers, Platforms platforms, ThrowAwayBoot boot) {
    this.layers = layers;
    this.platforms = platforms;
    this.boot = boot;
  }

  /**
   * @param inventory of the new image
   */
  Qualification run(Update update, Inventory inventory, Watcher watcher)
      throws IOException, ProgramException, StepException, InterruptedException {
    QualificationReport report =
        boot(update, update.overlay(), inventory, update.directory().resolve("boot"), watcher);
    Qualification qualification = ThrowAwayBoot.requireUp(report);
    Verify.requireKept(
        platforms.of(update.platform()).shownByBoot(update.plan()),
        report.packages(),
        update.snapshot().system());
    if (!report.failedUnits().isEmpty()) {
      requireNoneNew(report.failedUnits(), failedBefore(update, watcher));
    }
    return qualification;
  }

  private static void requireNoneNew(List<String> failed, List<String> failedBefore)
      throws StepException {
    Set<String> failedNow = new HashSet<>(failed);
    failedBefore.forEach(failedNow::remove);
    if (!failedNow.isEmpty()) {
      throw new StepException(
          "Units fail in the new image that start in the existing one: "
              + String.join(", ", failedNow.stream().sorted().toList()));
    }
  }

  private List<String> failedBefore(Update update, Watcher watcher)
      throws IOException, ProgramException, InterruptedException {
    if (update.existing().qualification().isPresent()) {
      return update.existing().qualification().get().failedUnits();
    }
    Path base = layers.path(update.base().layer());
    return boot(update, base, update.inventory(), update.directory().resolve("boot-base"), watcher)
        .failedUnits();
  }

  private QualificationReport boot(
      Update update, Path disk, Inventory inventory, Path directory, Watcher watcher)
      throws IOException, ProgramException, InterruptedException {
    return boot.run(
        disk,
        update.platform(),
        update.base().layout(),
        update.snapshot().agentServices(inventory.packages()),
        directory,
        watcher);
  }
}
