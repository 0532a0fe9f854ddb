package dev.regild.update.steps;

import dev.regild.disk.QemuImg;
import dev.regild.image.Qualification;
import dev.regild.inventory.Inventory;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.job.StepException;
import dev.regild.machine.BootEvidence;
import dev.regild.machine.ProgramException;
import dev.regild.plan.PackageFamily;
import dev.regild.servicing.QualificationReport;
import dev.regild.servicing.Watcher;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Boots the new image on a throw-away layer, and begins to compress its overlay meanwhile. A unit
 * that fails in the existing image too does not fail the new one: where any fails, the existing
 * image is booted as well, to compare.
 */
public record Qualify(Platforms platforms, ThrowAwayBoot boot)
    implements Step<Verify.Verified, Qualify.Qualified> {

  /**
   * An update whose disk has proved that it boots.
   *
   * @param compression that writes its delta; the attempt ends it
   * @param seen what was seen of the boot
   */
  public record Qualified(
      Verify.Verified verified,
      Qualification qualification,
      DeltaCompression compression,
      Optional<BootEvidence> seen) {}

  @Override
  public String name() {
    return "Qualify";
  }

  @Override
  public Qualified run(Verify.Verified verified, StepControl control)
      throws IOException, ProgramException, StepException, InterruptedException {
    Update update = verified.update();
    Inventory inventory = verified.inventory();
    Path base = verified.open().base();
    DeltaCompression compression =
        control.keep(
            DeltaCompression.start(progress ->
                QemuImg.compressDelta(update.overlay(), base, update.delta(), progress)));
    QualificationReport report =
        boot(update, update.overlay(), inventory, update.directory().resolve("boot"), control);
    Existing existing = new Existing(update, base, control);
    PackageFamily family = update.snapshot().family();
    Verify.requireKept(
        platforms.of(update.platform()).shownByBoot(update.plan()), report.packages(), family);
    if (!report.failedUnits().isEmpty()) {
      requireNoneNew(report.failedUnits(), existing.qualification().failedUnits());
    }
    Optional<String> warning =
        new BootedKernel(family)
            .check(report, inventory, update.inventory(), () -> existing.qualification().kernel());
    return new Qualified(
        verified, ThrowAwayBoot.requireUp(report, warning), compression, report.seen());
  }

  @Override
  public String outcome(Qualified qualified) {
    return summary(qualified.qualification());
  }

  static String summary(Qualification seen) {
    return "booted %s, system %s, failed units %s"
        .formatted(seen.kernel(), seen.systemState(), seen.failedUnits());
  }

  @Override
  public String remedy(Verify.Verified verified, String reason) {
    return "Boot the existing image elsewhere to find the cause, or raise %s."
        .formatted(platforms.of(verified.update().platform()).bootLimit());
  }

  private static void requireNoneNew(List<String> failed, List<String> failedBefore)
      throws StepException {
    Set<String> failedNow = new HashSet<>(failed);
    failedBefore.forEach(failedNow::remove);
    if (!failedNow.isEmpty()) {
      throw new StepException(
          "Units that start in the existing image fail in the new one: "
              + String.join(", ", failedNow.stream().sorted().toList()));
    }
  }

  /** The existing image, which is booted at most once, and only if it was not qualified itself. */
  private final class Existing {
    private final Update update;
    private final Path base;
    private final Watcher watcher;
    private Optional<Qualification> known;

    Existing(Update update, Path base, Watcher watcher) {
      this.update = update;
      this.base = base;
      this.watcher = watcher;
      this.known = update.existing().qualification();
    }

    Qualification qualification() throws IOException, StepException, InterruptedException {
      if (known.isEmpty()) {
        known = Optional.of(booted());
      }
      return known.get();
    }

    private Qualification booted() throws IOException, StepException, InterruptedException {
      Path directory = update.directory().resolve("boot-base");
      try {
        QualificationReport report = boot(update, base, update.inventory(), directory, watcher);
        return new Qualification(report.kernel(), report.systemState(), report.failedUnits());
      } catch (ProgramException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
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
