package dev.regild.update.steps;

import dev.regild.disk.ByteCount;
import dev.regild.disk.QemuImg;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Converts a disk to a compressed qcow2 that stands on nothing. */
public final class ConvertDisk implements Step<InspectDisk.Inspected, ConvertDisk.Converted> {

  /**
   * A disk that can become a layer.
   *
   * @param bytes the size of the file
   */
  public record Converted(InspectDisk.Inspected disk, Path file, long bytes) {
    public Import job() {
      return disk.disk().job();
    }
  }

  @Override
  public String name() {
    return "Convert";
  }

  @Override
  public Converted run(InspectDisk.Inspected inspected, StepControl control)
      throws IOException, ProgramException, InterruptedException {
    CheckDisk.Checked disk = inspected.disk();
    Path file = control.directory().resolve("image.qcow2");
    QemuImg.compress(disk.file(), disk.format(), file, control);
    return new Converted(inspected, file, Files.size(file));
  }

  @Override
  public String outcome(Converted converted) {
    return ByteCount.text(converted.bytes());
  }

  @Override
  public String remedy(InspectDisk.Inspected inspected, String reason) {
    return Remedy.FREE_SPACE;
  }
}
