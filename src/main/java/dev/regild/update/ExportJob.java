package dev.regild.update;

import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.RoomReservations.Reservation;
import dev.regild.disk.UploadedDisks;
import dev.regild.image.ExportTask;
import dev.regild.image.ExportTasks;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes an image, with all layers that it stands on, as one qcow2 among the disks of its owner.
 * After a crash the disk is written anew, under the same id.
 */
public final class ExportJob implements JobQueue.Job {
  /** The kind of this job; its id is the task's. */
  public static final String KIND = "export-image";

  private static final Logger LOG = LoggerFactory.getLogger(ExportJob.class);

  private final Database database;
  private final Images images;
  private final ExportTasks tasks;
  private final LayerFiles layers;
  private final UploadedDisks disks;
  private final QemuImg qemuImg;
  private final RoomReservations room;

  /** Where a layer lies, by its id. */
  @FunctionalInterface
  public interface LayerFiles {
    /** Fails if there is no such layer. */
    Path path(String layer) throws IOException;
  }

  public ExportJob(
      Database database,
      Images images,
      ExportTasks tasks,
      LayerFiles layers,
      UploadedDisks disks,
      QemuImg qemuImg,
      RoomReservations room) {
    this.database = database;
    this.images = images;
    this.tasks = tasks;
    this.layers = layers;
    this.disks = disks;
    this.qemuImg = qemuImg;
    this.room = room;
  }

  @Override
  public void run(String taskId) throws InterruptedException {
    Optional<ExportTask> task = database.read(handle -> tasks.find(handle, taskId));
    if (task.isPresent() && task.get().state() == ExportTask.State.EXPORTING) {
      export(task.get());
    }
  }

  @Override
  public void giveUp(String taskId, String why) {
    database.useTransaction(handle ->
        tasks
            .find(handle, taskId)
            .filter(task -> task.state() == ExportTask.State.EXPORTING)
            .ifPresent(task -> tasks.fail(handle, task, "The export failed. " + why)));
  }

  private void export(ExportTask task) throws InterruptedException {
    try {
      write(task);
      database.useTransaction(handle -> tasks.complete(handle, task));
      LOG.atInfo()
          .addKeyValue("image", task.imageArn())
          .addKeyValue("disk", task.amiId())
          .log("image exported");
    } catch (IOException | ProgramException e) {
      if (Thread.interrupted()) {
        throw JobQueue.Job.interrupted(e);
      }
      LOG.atWarn()
          .addKeyValue("image", task.imageArn())
          .addKeyValue("reason", e.getMessage())
          .log("export failed");
      database.useTransaction(handle -> tasks.fail(handle, task, String.valueOf(e.getMessage())));
    }
  }

  private void write(ExportTask task) throws IOException, ProgramException, InterruptedException {
    ImageDisk disk =
        database
            .read(handle -> images.findById(handle, task.imageId()))
            .flatMap(Image::disk)
            .orElseThrow(() -> new IOException("The image is gone: " + task.imageArn()));
    Path layer = layers.path(disk.layer());
    disks.export(
        task.amiId(), task.owner().accountId(), DiskFormat.QCOW2, file -> convert(layer, file));
  }

  private void convert(Path layer, Path file)
      throws IOException, ProgramException, InterruptedException {
    try (Reservation reservation =
        room.reserve(file.resolveSibling(""), qemuImg.standaloneBytes(layer))) {
      qemuImg.convert(layer, DiskFormat.QCOW2, file, DiskFormat.QCOW2, reservation.progress());
    }
  }
}
