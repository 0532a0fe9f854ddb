package dev.regild.update;

import static dev.regild.image.RefusedException.Reason.DRY_RUN;
import static dev.regild.image.RefusedException.Reason.INCOMPATIBLE;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;

import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.UnfitDiskException;
import dev.regild.disk.UploadedDisk;
import dev.regild.disk.UploadedDisks;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.ImportRecord;
import dev.regild.image.ImportRecords;
import dev.regild.image.Quotas;
import dev.regild.image.RefusedException;
import dev.regild.image.ReservedNames;
import java.io.IOException;
import java.time.Clock;
import org.jdbi.v3.core.Handle;

/** Decides on imports: refuses, or accepts and writes the job down. */
public final class ImageImports {
  private final Database database;
  private final Images images;
  private final Quotas quotas;
  private final UploadedDisks disks;
  private final DiskCheck check;
  private final ImportRecords records = new ImportRecords();
  private final JobQueue jobs;
  private final Clock clock;

  public ImageImports(
      Database database,
      Images images,
      Quotas quotas,
      UploadedDisks disks,
      DiskCheck check,
      JobQueue jobs,
      Clock clock) {
    this.database = database;
    this.images = images;
    this.quotas = quotas;
    this.disks = disks;
    this.check = check;
    this.jobs = jobs;
    this.clock = clock;
  }

  /**
   * Accepts an import. Of the disk only the header is looked at: its tables were when it arrived,
   * and the job looks at all of it.
   *
   * @return the new image, IMPORTING
   * @throws RefusedException if it can't be; DRY_RUN if it could, but only a dry run was asked for
   */
  public Image importDisk(ImportRequest request) {
    ReservedNames.requireFree(request.name());
    Image accepted = database.inTransaction(handle -> accept(handle, request));
    jobs.wake();
    return accepted;
  }

  private Image accept(Handle handle, ImportRequest request) {
    images.requireFreeName(handle, request.owner(), request.name());
    quotas.reserveImage(handle, request.owner());
    UploadedDisk disk = requireDisk(request);
    Image image =
        Image.importing(
            request.owner(),
            request.name(),
            request.displayName(),
            request.description(),
            request.applications(),
            clock.instant());
    images.insert(handle, image);
    quotas.tag(handle, request.owner(), image.arn(), request.tags());
    records.start(
        handle,
        image,
        new ImportRecord(
            disk.id(),
            request.agentSoftwareVersion(),
            request.validated(),
            request.intendedInstanceType()));
    jobs.enqueue(handle, ImportJob.KIND, ImportJob.jobId(image.id(), disk.id()));
    if (request.dryRun()) {
      // So that a dry run can't pass what the call doesn't: it takes the whole transaction back.
      throw new RefusedException(DRY_RUN, "The import would be accepted.");
    }
    return image;
  }

  private UploadedDisk requireDisk(ImportRequest request) {
    String diskId = request.diskId();
    try {
      UploadedDisk disk =
          disks
              .find(request.owner().accountId(), diskId)
              .orElseThrow(() ->
                  new RefusedException(
                      NOT_FOUND,
                      "No uploaded disk %s exists. Upload one with: regild import"
                          .formatted(diskId)));
      check.requireGoodHeader(disks.path(disk), disk.format());
      return disk;
    } catch (UnfitDiskException e) {
      throw new RefusedException(
          INCOMPATIBLE, "Cannot import the disk %s: %s".formatted(diskId, e.getMessage()));
    } catch (IOException e) {
      throw new IllegalStateException("Cannot read the disk %s.".formatted(diskId), e);
    }
  }
}
