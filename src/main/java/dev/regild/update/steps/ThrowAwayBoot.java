package dev.regild.update.steps;

import dev.regild.disk.QemuImg;
import dev.regild.image.Qualification;
import dev.regild.inventory.DiskLayout;
import dev.regild.job.StepException;
import dev.regild.machine.ProgramException;
import dev.regild.servicing.QualificationReport;
import dev.regild.servicing.Watcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** Boots a disk that stays as it is, on a layer that is thrown away. */
public record ThrowAwayBoot(Platforms platforms) {
  private static final Set<String> UP = Set.of("running", "degraded");

  /**
   * Boots a disk and waits for its report.
   *
   * @param platform that the disk is of
   * @param services that must run, as {@link dev.regild.servicing.ImageServicing#boot} has it
   * @param directory for what the boot needs; made if it is missing
   * @throws GuestException if the disk did not come up and report in time
   */
  QualificationReport run(
      Path disk,
      String platform,
      DiskLayout layout,
      Set<String> services,
      Path directory,
      Watcher watcher)
      throws IOException, ProgramException, InterruptedException {
    Files.createDirectories(directory);
    Path throwAway = directory.resolve("throw-away.qcow2");
    QemuImg.createOverlay(disk, throwAway);
    QualificationReport report =
        platforms.of(platform).boot(throwAway, layout, services, directory, watcher);
    Files.delete(throwAway);
    return report;
  }

  /**
   * What is kept of a report.
   *
   * @param warning what its owner should know
   * @throws StepException if the system did not come up for good
   */
  static Qualification requireUp(QualificationReport report, Optional<String> warning)
      throws StepException {
    if (!UP.contains(report.systemState())) {
      throw new StepException(
          "The new image booted, but its system is \"" + report.systemState() + "\".");
    }
    return new Qualification(
        report.kernel(), report.systemState(), report.failedUnits(), warning.stream().toList());
  }
}
