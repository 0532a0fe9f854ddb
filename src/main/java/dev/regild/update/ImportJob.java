package dev.regild.update;

import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.Layer;
import dev.regild.disk.LayerStore;
import dev.regild.disk.QemuImg;
import dev.regild.disk.UnfitDiskException;
import dev.regild.disk.UploadedDisk;
import dev.regild.disk.UploadedDisks;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.ImageError;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.ImportRecord;
import dev.regild.image.ImportRecords;
import dev.regild.image.Inventories;
import dev.regild.image.Layers;
import dev.regild.image.PublishedDisk;
import dev.regild.image.Qualification;
import dev.regild.image.StateChangeReason;
import dev.regild.inventory.DiskInspection;
import dev.regild.inventory.DiskInspector;
import dev.regild.machine.ProgramException;
import dev.regild.plan.PackageSystem;
import dev.regild.plan.PlatformType;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.QualificationReport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes an image out of a disk: inspects it inside an appliance, converts it to a layer that stands
 * on nothing, boots that on a throw-away layer if the import asks for it, and publishes it. What
 * was uploaded is gone afterwards, whatever came of it; what was exported stays. After a crash it
 * starts over from the disk.
 */
public final class ImportJob implements JobQueue.Job {
  /** The kind of this job; see {@link #id}. */
  public static final String KIND = "import-image";

  private static final Logger LOG = LoggerFactory.getLogger(ImportJob.class);

  /** For its turn at the check; some of the longest checks of others can come before. */
  private static final Duration CHECK_WAIT = Duration.ofHours(2);

  private final Database database;
  private final Images images;
  private final ImportRecords records = new ImportRecords();
  private final Inventories inventories;
  private final Layers layerRecords;
  private final LayerStore layers;
  private final UploadedDisks disks;
  private final DiskCheck check;
  private final DiskInspector inspector;
  private final QemuImg qemuImg;
  private final ThrowAwayBoot boot;
  private final AgentVersions agentVersions;
  private final Clock clock;

  private final RunningJobs running = new RunningJobs();

  /**
   * @param platforms open disks of which nothing is known yet
   */
  public ImportJob(
      Database database,
      Images images,
      Inventories inventories,
      Layers layerRecords,
      LayerStore layers,
      UploadedDisks disks,
      DiskCheck check,
      DiskInspector inspector,
      QemuImg qemuImg,
      Platforms platforms,
      AgentVersions agentVersions,
      Clock clock) {
    this.database = database;
    this.images = images;
    this.inventories = inventories;
    this.layerRecords = layerRecords;
    this.layers = layers;
    this.disks = disks;
    this.check = check;
    this.inspector = inspector;
    this.qemuImg = qemuImg;
    this.boot = new ThrowAwayBoot(qemuImg, platforms);
    this.agentVersions = agentVersions;
    this.clock = clock;
  }

  /** A job's id says which image it makes out of which disk. */
  static String id(String imageId, String diskId) {
    return imageId + "/" + diskId;
  }

  @Override
  public void run(String id) throws InterruptedException {
    String imageId = id.substring(0, id.indexOf('/'));
    String diskId = id.substring(id.indexOf('/') + 1);
    boolean cancelled = false;
    running.begin(imageId);
    try {
      // An earlier run may have come to the image's end, but not to the upload's.
      Optional<Image> unfinished = database.inTransaction(handle -> startOver(handle, imageId));
      if (unfinished.isPresent()) {
        makeOrFail(unfinished.get(), diskId);
      }
    } catch (InterruptedException | RuntimeException e) {
      // What a cancelled import ends with is of no interest: the registry has its outcome.
      if (!running.end(imageId) && !(e instanceof CancelledJobException)) {
        throw e;
      }
      cancelled = true;
      removeLayer(imageId);
    } finally {
      running.end(imageId);
      Workspaces.remove(layers, imageId);
    }
    database.useTransaction(handle -> release(handle, imageId, diskId));
    if (cancelled) {
      LOG.atInfo().addKeyValue("image", imageId).log("import cancelled");
    }
  }

  /** The image, IMPORTING; empty if there is nothing to do about it any more. */
  private Optional<Image> startOver(Handle handle, String imageId) {
    return images
        .findById(handle, imageId)
        .map(image ->
            image.state() == ImageState.VALIDATING
                ? images.transition(handle, image, ImageState.IMPORTING)
                : image)
        .filter(image -> image.state() == ImageState.IMPORTING);
  }

  private void makeOrFail(Image image, String diskId) throws InterruptedException {
    try {
      make(image, diskId);
      LOG.atInfo().addKeyValue("image", image.name()).log("image imported");
    } catch (CancelledJobException e) {
      throw e;
    } catch (IOException
        | ProgramException
        | StepException
        | UnfitDiskException
        | RuntimeException e) {
      running.requireGoingOn(image.id(), e);
      LOG.atWarn()
          .addKeyValue("image", image.name())
          .addKeyValue("reason", e.getMessage())
          .log("import failed");
      fail(image, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void giveUp(String id, String why) {
    String imageId = id.substring(0, id.indexOf('/'));
    String diskId = id.substring(id.indexOf('/') + 1);
    database
        .inTransaction(handle -> startOver(handle, imageId))
        .ifPresent(image -> fail(image, "The import failed. " + why));
    database.useTransaction(handle -> release(handle, imageId, diskId));
    Workspaces.remove(layers, imageId);
  }

  @Override
  public void abort() {
    running.abortAll();
  }

  /** Ends at once what runs for that image; after its import was cancelled in the registry. */
  public void cancel(String imageId) {
    running.cancel(imageId);
  }

  private void make(Image image, String diskId)
      throws IOException,
          ProgramException,
          StepException,
          UnfitDiskException,
          InterruptedException {
    UploadedDisk disk =
        disks
            .find(image.owner().accountId(), diskId)
            .orElseThrow(() ->
                new UnfitDiskException(
                    "The uploaded disk " + diskId + " is gone. Upload it again."));
    layers.removeWorkspace(image.id());
    Path directory = layers.workspace(image.id());
    Path upload = disks.path(disk);
    check.requireSelfContained(image.owner().accountId(), upload, disk.format(), CHECK_WAIT);
    DiskInspection inspection =
        inspector.inspect(upload, disk.format(), directory, abort -> running(image, abort));
    Path converted = directory.resolve("image.qcow2");
    qemuImg.compress(upload, disk.format(), converted, progress -> {});
    Optional<Qualification> qualification =
        isValidated(image)
            ? Optional.of(validate(image, converted, inspection, directory))
            : Optional.empty();
    Layer layer = layers.publish(image.id(), converted, Optional.empty());
    database.useTransaction(
        handle -> succeed(handle, image.id(), inspection, layer, qualification));
  }

  private boolean isValidated(Image image) {
    return database
        .read(handle -> records.find(handle, image.id()))
        .map(ImportRecord::validated)
        .orElse(false);
  }

  /** Nothing is known of how the disk's units fared before: one that fails is only recorded. */
  private Qualification validate(Image image, Path disk, DiskInspection inspection, Path directory)
      throws IOException, ProgramException, StepException, InterruptedException {
    database.useTransaction(handle ->
        images.transition(handle, requireImporting(handle, image.id()), ImageState.VALIDATING));
    String platform = inspection.inventory().os().platform();
    PackageSystem system = PlatformType.of(platform).system();
    try {
      QualificationReport report =
          boot.run(
              disk,
              platform,
              inspection.layout(),
              Set.of(),
              directory.resolve("boot"),
              abort -> running(image, abort));
      BootedKernel kernel = new BootedKernel(system);
      return ThrowAwayBoot.requireUp(report, kernel.warning(report, inspection.inventory()));
    } catch (GuestException | StepException e) {
      throw new StepException(
          "The validation boot failed: %s%n%s"
              .formatted(e.getMessage(), Remedy.ofValidation(system)));
    }
  }

  private void running(Image image, Runnable abort) {
    running.onAbort(image.id(), abort);
  }

  private void succeed(
      Handle handle,
      String imageId,
      DiskInspection inspection,
      Layer layer,
      Optional<Qualification> qualification) {
    layerRecords.insert(handle, layer);
    ImageDisk imageDisk =
        new ImageDisk(
            layer.id(), inventories.store(handle, inspection.inventory()), inspection.layout());
    images.publish(
        handle,
        requireImporting(handle, imageId),
        new PublishedDisk(
            imageDisk,
            inspection.inventory().os().platform(),
            agentVersions.of(inspection.inventory()),
            qualification));
  }

  private void fail(Image image, String message) {
    StateChangeReason reason =
        new StateChangeReason(StateChangeReason.Code.IMAGE_IMPORT_FAILURE, message);
    database.useTransaction(handle ->
        images.fail(
            handle,
            requireImporting(handle, image.id()),
            reason,
            List.of(new ImageError("VALIDATION_ERROR", message, clock.instant()))));
    removeLayer(image.id());
  }

  /**
   * The image, for as long as its import goes on.
   *
   * @throws CancelledJobException if it was cancelled
   */
  private Image requireImporting(Handle handle, String imageId) {
    return images
        .findById(handle, imageId)
        .filter(image ->
            image.state() == ImageState.IMPORTING || image.state() == ImageState.VALIDATING)
        .orElseThrow(() -> new CancelledJobException(imageId));
  }

  /** Published before the registry could know it: nothing stands on it. */
  private void removeLayer(String imageId) {
    if (database.read(handle -> layerRecords.find(handle, imageId)).isPresent()) {
      return;
    }
    try {
      layers.delete(imageId);
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("layer", imageId)
          .addKeyValue("reason", e.getMessage())
          .log("a layer could not be removed");
    }
  }

  /** The import has ended. Its upload goes with the last import that is made of it. */
  private void release(Handle handle, String imageId, String diskId) {
    records.end(handle, imageId);
    if (records.imageInTheMaking(handle, diskId).isPresent()) {
      return;
    }
    try {
      disks.removeUpload(diskId);
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("disk", diskId)
          .addKeyValue("reason", e.getMessage())
          .log("an upload could not be removed");
    }
  }
}
