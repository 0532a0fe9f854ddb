package dev.regild.update.steps;

import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.DiskInspection;
import dev.regild.inventory.DiskInspector;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import java.io.IOException;

/** Finds the one operating system of a disk in an appliance, and reads what is installed. */
public record InspectDisk(DiskInspector inspector)
    implements Step<CheckDisk.Checked, InspectDisk.Inspected> {

  /** A disk of which is known what it holds. */
  public record Inspected(CheckDisk.Checked disk, DiskInspection inspection) {
    String platform() {
      return inspection.inventory().os().platform();
    }
  }

  @Override
  public String name() {
    return "Inspect";
  }

  @Override
  public Inspected run(CheckDisk.Checked disk, StepControl control)
      throws IOException, UnfitDiskException {
    return new Inspected(
        disk, inspector.inspect(disk.file(), disk.format(), control.directory(), control::running));
  }

  @Override
  public String outcome(Inspected inspected) {
    return "%s, %d packages installed"
        .formatted(inspected.platform(), inspected.inspection().inventory().packages().size());
  }

  @Override
  public String remedy(CheckDisk.Checked disk, String reason) {
    return "";
  }
}
