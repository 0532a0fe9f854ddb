package dev.regild.update;

import dev.regild.db.Database;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.layers.LayerStore;
import dev.regild.disk.upload.DiskStore;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.image.Arn;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.JobKind;
import dev.regild.image.JobSteps;
import dev.regild.image.jobs.ExportTask;
import dev.regild.image.jobs.ExportTasks;
import dev.regild.job.Attempt;
import dev.regild.job.CancelledJobException;
import dev.regild.job.StepRecorder;
import dev.regild.job.SteppedJob;
import dev.regild.machine.ToolVersions;
import dev.regild.update.steps.CompleteInventory;
import dev.regild.update.steps.WriteDisk;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes an image as one disk among the disks of its owner. */
public final class ExportJob extends SteppedJob<ExportTask> {
  /** The kind of this job; its id is the task's. */
  public static final String KIND = "export-image";

  private static final Logger LOG = LoggerFactory.getLogger(ExportJob.class);

  private final Database database;
  private final JobSteps records;
  private final DiskStore disks;
  private final CompleteInventory complete;
  private final WriteDisk write;
  private final ImageFlattenings flattenings;
  private final Attestations attestations;

  public ExportJob(
      Tools tools,
      CompleteInventory complete,
      ImageFlattenings flattenings,
      LayerStore layers,
      DiskStore disks,
      RoomReservations room,
      Attestations attestations) {
    super(JobKind.EXPORT, tools);
    this.database = tools.database();
    this.records = tools.steps();
    this.disks = disks;
    this.flattenings = flattenings;
    this.attestations = attestations;
    this.complete = complete;
    this.write = new WriteDisk(database, layers, disks, room);
  }

  @Override
  protected void make(ExportTask task, StepRecorder steps) throws Exception {
    Optional<ImageDisk> image =
        database.read(handle -> Images.findById(handle, task.imageId())).flatMap(Image::disk);
    if (image.isPresent()) {
      complete.runIfOlder(image.get(), steps);
    }
    UploadedDisk disk = steps.run(write, task);
    Map<String, String> versions = ToolVersions.read();
    Attestations.Exported exported =
        database.read(handle -> {
          var _ = requireExporting(handle, task.id());
          return attestations.exported(handle, task.imageId());
        });
    steps.record(handle -> {
      ExportTasks.complete(handle, requireExporting(handle, task.id()));
      attestations.ofExport(
          handle,
          versions,
          new Attestations.Asker(task.owner().accountId(), "", false),
          exported,
          task.amiId() + ".qcow2",
          disk.sha256());
    });
  }

  @Override
  protected boolean isRunning(Handle handle, String taskId) {
    return findExporting(handle, taskId).isPresent();
  }

  @Override
  protected Attempt<ExportTask> begin(Handle handle, String taskId) {
    ExportTask task = requireExporting(handle, taskId);
    String image = Arn.parse(task.imageArn()).map(Arn::name).orElse(task.imageArn());
    return new Attempt<>(taskId, image, records.beginAttempt(handle, taskId), task);
  }

  @Override
  protected void fail(Handle handle, String taskId, String message) {
    ExportTasks.fail(handle, requireExporting(handle, taskId), message);
  }

  /** The disk may be whole already, but its task is not COMPLETED: nobody has seen it. */
  @Override
  protected void discard(String taskId) {
    Optional<ExportTask> task = database.read(handle -> ExportTasks.find(handle, taskId));
    if (task.isEmpty() || task.get().state() == ExportTask.State.COMPLETED) {
      return;
    }
    try {
      disks.delete(task.get().amiId());
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("disk", task.get().amiId())
          .addKeyValue("reason", e.getMessage())
          .log("disk left behind");
    }
  }

  /** The layers of an image that was flattened meanwhile were kept for the export. */
  @Override
  protected void clear(String taskId) {
    flattenings.removeRetired();
  }

  private ExportTask requireExporting(Handle handle, String taskId) {
    return findExporting(handle, taskId).orElseThrow(() -> new CancelledJobException(taskId));
  }

  private Optional<ExportTask> findExporting(Handle handle, String taskId) {
    return ExportTasks.find(handle, taskId)
        .filter(task -> task.state() == ExportTask.State.EXPORTING);
  }
}
