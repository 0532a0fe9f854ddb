package dev.regild.update;

import static dev.regild.image.RefusedException.Reason.CONCURRENT_MODIFICATION;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;
import static dev.regild.image.RefusedException.Reason.NOT_PERMITTED;

import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.JobSteps;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.image.StateChangeReason;
import dev.regild.image.builder.ImageBuilder;
import dev.regild.image.builder.ImageBuilders;
import dev.regild.image.jobs.CopyRecords;
import dev.regild.image.jobs.ExportTask;
import dev.regild.image.jobs.ExportTasks;
import dev.regild.image.jobs.ImportRecords;
import dev.regild.job.CancelledJobException;
import dev.regild.job.RunningJobs;
import dev.regild.update.steps.UpdateOutcomes;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Cancels jobs. The registry says so at once and for good; then the job is told to stop, if it
 * runs, here or on another node, and clears its own things away. One that waits for a worker, or
 * was cut short by a crash, finds that there is nothing to do.
 */
public final class Cancellations {
  private static final String STEP = "Cancelled.";

  private final Database database;
  private final UpdateOutcomes updates;
  private final JobSteps steps;
  private final RunningJobs running;

  public Cancellations(
      Database database, UpdateOutcomes updates, JobSteps steps, RunningJobs running) {
    this.database = database;
    this.updates = updates;
    this.steps = steps;
    this.running = running;
  }

  /**
   * Deletes the owner's builder of that name, which cancels the update that is made in it. The
   * image that it was making is FAILED when this returns.
   *
   * @return the builder as it was last
   * @throws RefusedException NOT_FOUND if there is none; CONCURRENT_MODIFICATION if its update has
   *     ended meanwhile
   */
  public ImageBuilder deleteBuilder(Owner owner, String name) {
    ImageBuilder deleted = database.inTransaction(handle -> deleteBuilder(handle, owner, name));
    running.cancel(deleted.newImageId());
    return deleted;
  }

  /**
   * Cancels the update, the import or the copy that makes the owner's image of that name. The image
   * is FAILED when this returns.
   *
   * @throws RefusedException NOT_FOUND if there is no such image; NOT_PERMITTED if the account only
   *     sees it, or nothing makes it
   */
  public void cancel(Owner owner, String imageName) {
    running.cancel(database.inTransaction(handle -> cancel(handle, owner, imageName)).id());
  }

  /**
   * Cancels the owner's export. Its task is FAILED when this returns.
   *
   * @throws RefusedException NOT_FOUND if there is no such task; NOT_PERMITTED if it has ended
   */
  public void cancelExport(Owner owner, String taskId) {
    database.useTransaction(handle -> {
      ExportTask task = ExportTasks.require(handle, owner, taskId);
      if (task.state() != ExportTask.State.EXPORTING) {
        throw new RefusedException(
            NOT_PERMITTED,
            "The export %s is %s and can't be cancelled.".formatted(taskId, task.state()));
      }
      ExportTasks.fail(
          handle, task, "The export was cancelled. Export the image again if that was a mistake.");
      steps.failRunning(handle, taskId, STEP);
      JobQueue.cancel(handle, ExportJob.KIND, taskId);
    });
    running.cancel(taskId);
  }

  private ImageBuilder deleteBuilder(Handle handle, Owner owner, String name) {
    ImageBuilder builder =
        ImageBuilders.find(handle, owner, name)
            .orElseThrow(() ->
                new RefusedException(
                    NOT_FOUND, "There is no image builder %s of %s.".formatted(name, owner)));
    try {
      updates.cancel(
          handle,
          builder.newImageId(),
          "The update was cancelled: its image builder %s was deleted. If that was a mistake, update again."
              .formatted(name));
    } catch (CancelledJobException e) {
      throw new RefusedException(
          CONCURRENT_MODIFICATION,
          "The update in the image builder %s has just ended.".formatted(name));
    }
    JobQueue.cancel(handle, ImageUpdates.JOB, builder.newImageId());
    return builder;
  }

  private Image cancel(Handle handle, Owner owner, String imageName) {
    Image image = Images.requireOwned(handle, owner, imageName);
    switch (image.state()) {
      case PENDING, IMPORTING, VALIDATING -> {
        Optional<ImageBuilder> builder = ImageBuilders.findFor(handle, image);
        if (builder.isPresent()) {
          deleteBuilder(handle, owner, builder.get().name());
        } else {
          cancel(
              handle,
              image,
              StateChangeReason.Code.IMAGE_IMPORT_FAILURE,
              "The import was cancelled. If that was a mistake, import the disk again.");
          ImportRecords.find(handle, image.id())
              .ifPresent(record ->
                  JobQueue.cancel(
                      handle, ImportJob.KIND, ImportJob.jobId(image.id(), record.diskId())));
        }
      }
      case COPYING -> {
        cancel(
            handle,
            image,
            StateChangeReason.Code.IMAGE_COPY_FAILURE,
            "The copy was cancelled. Copy the image again if that was a mistake.");
        CopyRecords.end(handle, image);
        JobQueue.cancel(handle, CopyJob.KIND, image.id());
      }
      case AVAILABLE, FAILED, CREATING, DELETING ->
          throw new RefusedException(
              NOT_PERMITTED,
              "The image %s is %s: it has no update or import to cancel."
                  .formatted(imageName, image.state()));
    }
    return image;
  }

  private void cancel(Handle handle, Image image, StateChangeReason.Code code, String message) {
    Images.fail(handle, image, new StateChangeReason(code, message), List.of());
    steps.failRunning(handle, image.id(), STEP);
  }
}
