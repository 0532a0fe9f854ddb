package dev.regild.update.steps;

import dev.regild.disk.DiskCheck;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.UnfitDiskException;
import dev.regild.disk.upload.DiskStore;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Looks at all of an uploaded disk's tables: nothing reads it before. */
public record CheckDisk(DiskStore disks, DiskCheck check)
    implements Step<Import, CheckDisk.Checked> {
  /** For its turn at the check; some of the longest checks of others can come before. */
  private static final Duration CHECK_WAIT = Duration.ofHours(2);

  /**
   * A disk that QEMU may read.
   *
   * @param sha256 of the file, as it was received
   * @param packed what it was unpacked from
   */
  public record Checked(
      Import job,
      Path file,
      DiskFormat format,
      String sha256,
      Optional<UploadedDisk.Packed> packed) {}

  @Override
  public String name() {
    return "Check";
  }

  @Override
  public Checked run(Import job, StepControl control)
      throws IOException, ProgramException, UnfitDiskException, InterruptedException {
    String account = job.image().owner().accountId();
    UploadedDisk disk =
        disks
            .find(account, job.diskId())
            .orElseThrow(() ->
                new UnfitDiskException(
                    "The uploaded disk " + job.diskId() + " is gone. Upload it again."));
    Path file = control.keep(disks.borrow(disk)).file();
    check.requireSelfContained(account, file, disk.format(), CHECK_WAIT);
    return new Checked(job, file, disk.format(), disk.sha256(), disk.packed());
  }

  @Override
  public String outcome(Checked checked) {
    return checked.format().qemuName();
  }

  @Override
  public String remedy(Import job, String reason) {
    return "";
  }
}
