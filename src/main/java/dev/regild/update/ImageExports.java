package dev.regild.update;

import static dev.regild.image.RefusedException.Reason.CONCURRENT_MODIFICATION;
import static dev.regild.image.RefusedException.Reason.LIMIT_EXCEEDED;
import static dev.regild.image.RefusedException.Reason.NOT_AVAILABLE;

import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.upload.DiskStore;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.image.jobs.ExportTask;
import dev.regild.image.jobs.ExportTasks;
import dev.regild.image.quota.Quotas;
import dev.regild.job.node.Routing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Decides on exports: refuses, or accepts and writes the task and its job down. */
public final class ImageExports {
  /** Each takes the room of a whole disk. */
  static final int MOST_IN_FLIGHT = 10;

  private final Database database;
  private final DiskStore disks;
  private final Quotas quotas;
  private final JobQueue jobs;
  private final Clock clock;

  public ImageExports(
      Database database, DiskStore disks, Quotas quotas, JobQueue jobs, Clock clock) {
    this.database = database;
    this.disks = disks;
    this.quotas = quotas;
    this.jobs = jobs;
    this.clock = clock;
  }

  /**
   * Accepts an export. The image can't be deleted until it has ended.
   *
   * @return the task, EXPORTING
   * @throws RefusedException NOT_FOUND if the owner sees no such image; NOT_PERMITTED if it is
   *     another account's; CONCURRENT_MODIFICATION if it is being deleted; NOT_AVAILABLE if it is
   *     not AVAILABLE; LIMIT_EXCEEDED if ten exports are under way, or the account has as many
   *     disks as it may
   */
  public ExportTask export(ExportRequest request) {
    ExportTask accepted = database.inTransaction(handle -> accept(handle, request));
    jobs.wake();
    return accepted;
  }

  private ExportTask accept(Handle handle, ExportRequest request) {
    Image image = requireExportable(handle, request.owner(), request.imageName());
    long underWay = ExportTasks.countInFlight(handle, request.owner());
    if (underWay >= MOST_IN_FLIGHT) {
      throw new RefusedException(
          LIMIT_EXCEEDED,
          "At most %d exports run at once, and %s has %d. Wait until one has finished."
              .formatted(MOST_IN_FLIGHT, request.owner(), underWay));
    }
    requireRoom(handle, request.owner(), underWay);
    ExportTask task =
        new ExportTask(
            UUID.randomUUID().toString(),
            request.owner(),
            image.id(),
            image.arn(),
            request.amiName(),
            request.amiDescription(),
            DiskStore.newId(),
            request.tags(),
            ExportTask.State.EXPORTING,
            Optional.empty(),
            Instant.ofEpochMilli(clock.millis()));
    ExportTasks.insert(handle, task);
    jobs.enqueue(handle, ExportJob.KIND, task.id(), Routing.rewrite(chain(handle, image)));
    return task;
  }

  private static List<Layer> chain(Handle handle, Image image) {
    return image.disk().map(disk -> LayerRecords.chain(handle, disk.layer())).orElse(List.of());
  }

  /** How large a disk will be shows when it is written; one that is full already is refused. */
  private void requireRoom(Handle handle, Owner owner, long underWay) {
    try {
      List<UploadedDisk> kept = disks.list(owner.accountId());
      quotas.requireRoomForDisk(
          handle,
          owner,
          kept.size() + underWay,
          kept.stream().mapToLong(UploadedDisk::bytes).sum() >> 30);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Image requireExportable(Handle handle, Owner owner, String name) {
    Image image = Images.requireOwned(handle, owner, name);
    if (image.state() == ImageState.DELETING) {
      throw new RefusedException(
          CONCURRENT_MODIFICATION, "The image %s is being deleted.".formatted(name));
    }
    if (image.state() != ImageState.AVAILABLE) {
      throw new RefusedException(
          NOT_AVAILABLE,
          "The image %s is %s; only an AVAILABLE image can be exported."
              .formatted(name, image.state()));
    }
    return image;
  }
}
