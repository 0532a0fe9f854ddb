package dev.regild.update;

import static dev.regild.image.RefusedException.Reason.DRY_RUN;
import static dev.regild.image.RefusedException.Reason.INCOMPATIBLE;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;

import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.disk.UnfitDiskException;
import dev.regild.disk.upload.DiskStore;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.RefusedException;
import dev.regild.image.ReservedNames;
import dev.regild.image.jobs.DiskDeletions;
import dev.regild.image.jobs.ImportRecord;
import dev.regild.image.jobs.ImportRecords;
import dev.regild.image.quota.Quotas;
import dev.regild.job.node.Routing;
import java.io.IOException;
import java.time.Clock;
import org.jdbi.v3.core.Handle;

/** Decides on imports: refuses, or accepts and writes the job down. */
public final class ImageImports {
  private final Database database;
  private final Quotas quotas;
  private final DiskStore disks;
  private final JobQueue jobs;
  private final Routing routing;
  private final Clock clock;

  public ImageImports(
      Database database,
      Quotas quotas,
      DiskStore disks,
      JobQueue jobs,
      Routing routing,
      Clock clock) {
    this.database = database;
    this.quotas = quotas;
    this.disks = disks;
    this.jobs = jobs;
    this.routing = routing;
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

  /**
   * Looks whether an import could be accepted, but for its disk, which may be yet to come. Nothing
   * is written.
   *
   * @return the image that it would make
   * @throws RefusedException if it can't be
   */
  public Image check(ImportRequest request) {
    ReservedNames.requireFree(request.name());
    return database.inTransaction(handle -> {
      requirePlace(handle, request);
      Image image = enter(handle, request);
      handle.rollback();
      return image;
    });
  }

  private void requirePlace(Handle handle, ImportRequest request) {
    Images.requireFreeName(handle, request.owner(), request.name());
    quotas.reserveImage(handle, request.owner());
  }

  private Image enter(Handle handle, ImportRequest request) {
    Image image =
        Image.importing(
            request.owner(),
            request.name(),
            request.displayName(),
            request.description(),
            request.applications(),
            clock.instant());
    Images.insert(handle, image);
    quotas.tag(handle, request.owner(), image.arn(), request.tags());
    return image;
  }

  private Image accept(Handle handle, ImportRequest request) {
    requirePlace(handle, request);
    UploadedDisk disk = requireDisk(request);
    DiskDeletions.requireKept(handle, disk);
    Image image = enter(handle, request);
    ImportRecords.start(
        handle,
        image,
        new ImportRecord(
            disk.id(),
            request.agentSoftwareVersion(),
            request.validated(),
            request.intendedInstanceType(),
            request.askedBy()));
    jobs.enqueue(
        handle,
        ImportJob.KIND,
        ImportJob.jobId(image.id(), disk.id()),
        routing.importOf(disk.bytes()));
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
      disks.requireGoodHeader(disk);
      return disk;
    } catch (UnfitDiskException e) {
      throw new RefusedException(
          INCOMPATIBLE, "Cannot import the disk %s: %s".formatted(diskId, e.getMessage()));
    } catch (IOException e) {
      throw new IllegalStateException("Cannot read the disk %s.".formatted(diskId), e);
    }
  }
}
