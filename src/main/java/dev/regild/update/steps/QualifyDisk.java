package dev.regild.update.steps;

import dev.regild.channel.PackageSystems;
import dev.regild.image.Qualification;
import dev.regild.inventory.DiskInspection;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.job.StepException;
import dev.regild.machine.BootEvidence;
import dev.regild.machine.ProgramException;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.QualificationReport;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/**
 * Boots an imported disk on a throw-away layer. How its units fared before is not known: one that
 * fails is only recorded.
 */
public record QualifyDisk(Platforms platforms, ThrowAwayBoot boot)
    implements Step<ConvertDisk.Converted, QualifyDisk.Booted> {

  /** What the disk said of itself, and what was seen of its boot. */
  public record Booted(Qualification qualification, Optional<BootEvidence> seen) {}

  @Override
  public String name() {
    return "Qualify";
  }

  @Override
  public Booted run(ConvertDisk.Converted converted, StepControl control)
      throws IOException, ProgramException, StepException, InterruptedException {
    DiskInspection inspection = converted.disk().inspection();
    String platform = converted.disk().platform();
    try {
      QualificationReport report =
          boot.run(
              converted.file(),
              platform,
              inspection.layout(),
              Set.of(),
              control.directory().resolve("boot"),
              control);
      Optional<String> warning =
          new BootedKernel(PackageSystems.installed().of(platform).family())
              .warning(report, inspection.inventory());
      return new Booted(ThrowAwayBoot.requireUp(report, warning), report.seen());
    } catch (GuestException | StepException e) {
      throw new StepException("The validation boot failed: " + e.getMessage());
    }
  }

  @Override
  public String outcome(Booted booted) {
    return Qualify.summary(booted.qualification());
  }

  @Override
  public String remedy(ConvertDisk.Converted converted, String reason) {
    return "Boot the disk elsewhere, fix it and upload it again, or raise %s."
        .formatted(platforms.of(converted.disk().platform()).bootLimit());
  }
}
