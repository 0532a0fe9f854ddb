package dev.regild.update;

import static dev.regild.image.RefusedException.Reason.DRY_RUN;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;

import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.disk.UploadedDisk;
import dev.regild.disk.UploadedDisks;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Quotas;
import dev.regild.image.RefusedException;
import dev.regild.image.ReservedNames;
import java.io.IOException;
import java.time.Clock;

/** Decides on imports: refuses, or accepts and writes the job down. */
public final class ImageImports {
  private final Database database;
  private final Images images;
  private final Quotas quotas;
  private final UploadedDisks disks;
  private final JobQueue jobs;
  private final Clock clock;

  public ImageImports(
      Database database,
      Images images,
      Quotas quotas,
      UploadedDisks disks,
      JobQueue jobs,
      Clock clock) {
    this.database = database;
    this.images = images;
    this.quotas = quotas;
    this.disks = disks;
    this.jobs = jobs;
    this.clock = clock;
  }

  /**
   * Accepts an import. What can be seen of the disk without opening it in an appliance was looked
   * at when it arrived.
   *
   * @return the new image, IMPORTING
   * @throws RefusedException if it can't be; DRY_RUN if it could, but only a dry run was asked for
   */
  public Image importDisk(ImportRequest request) {
    ReservedNames.requireFree(request.name());
    database.read(handle -> {
      images.requireFreeName(handle, request.owner(), request.name());
      quotas.requireRoomForImage(handle, request.owner());
      return true;
    });
    UploadedDisk disk = requireDisk(request);
    if (request.dryRun()) {
      throw new RefusedException(DRY_RUN, "The import would be accepted.");
    }
    Image accepted =
        database.inTransaction(handle -> {
          images.requireFreeName(handle, request.owner(), request.name());
          quotas.reserveImage(handle, request.owner());
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
          jobs.enqueue(handle, ImportJob.KIND, ImportJob.id(image.id(), disk.id()));
          return image;
        });
    jobs.wake();
    return accepted;
  }

  private UploadedDisk requireDisk(ImportRequest request) {
    String diskId = request.diskId();
    try {
      return disks
          .find(request.owner().accountId(), diskId)
          .orElseThrow(() ->
              new RefusedException(
                  NOT_FOUND,
                  "There is no uploaded disk %s. Upload one with: regild import"
                      .formatted(diskId)));
    } catch (IOException e) {
      throw new IllegalStateException("The disk %s can't be read.".formatted(diskId), e);
    }
  }
}
