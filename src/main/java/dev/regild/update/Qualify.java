package dev.regild.update;

import dev.regild.disk.LayerStore;
import dev.regild.disk.QemuImg;
import dev.regild.image.Qualification;
import dev.regild.machine.ProgramException;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.QualificationBoot;
import dev.regild.servicing.QualificationReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Boots the new image on a throw-away layer. A unit that fails in the existing image too does not
 * fail the new one: where any fails, the existing image is booted as well, to compare.
 */
final class Qualify {
  private static final Set<String> UP = Set.of("running", "degraded");

  private final LayerStore layers;
  private final QemuImg qemuImg;
  private final QualificationBoot boot;

  Qualify(LayerStore layers, QemuImg qemuImg, QualificationBoot boot) {
    this.layers = layers;
    this.qemuImg = qemuImg;
    this.boot = boot;
  }

  Qualification run(Update update, QualificationBoot.Watcher watcher)
      throws IOException, ProgramException, StepException, InterruptedException {
    QualificationReport report =
        boot(update, update.overlay(), update.directory().resolve("boot"), watcher);
    if (!UP.contains(report.systemState())) {
      throw new StepException(
          "The new image booted, but its system is \"" + report.systemState() + "\".");
    }
    Verify.requireKept(update, report.packages());
    if (!report.failedUnits().isEmpty()) {
      requireNoneNew(report.failedUnits(), failedBefore(update, watcher));
    }
    return new Qualification(report.kernel(), report.systemState(), report.failedUnits());
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

  private List<String> failedBefore(Update update, QualificationBoot.Watcher watcher)
      throws IOException, ProgramException, InterruptedException {
    if (update.existing().qualification().isPresent()) {
      return update.existing().qualification().get().failedUnits();
    }
    Path base = layers.path(update.base().layer());
    return boot(update, base, update.directory().resolve("boot-base"), watcher)
        .failedUnits();
  }

  private QualificationReport boot(
      Update update, Path disk, Path directory, QualificationBoot.Watcher watcher)
      throws IOException, ProgramException, GuestException, InterruptedException {
    Files.createDirectories(directory);
    Path throwAway = directory.resolve("throw-away.qcow2");
    qemuImg.createOverlay(disk, throwAway);
    QualificationReport report =
        boot.run(
            throwAway, update.base().layout(), update.snapshot().system(), directory, watcher);
    Files.delete(throwAway);
    return report;
  }
}
