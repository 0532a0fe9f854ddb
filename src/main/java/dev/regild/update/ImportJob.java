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
import dev.regild.image.Inventories;
import dev.regild.image.Layers;
import dev.regild.image.PublishedDisk;
import dev.regild.image.StateChangeReason;
import dev.regild.inventory.DiskInspection;
import dev.regild.inventory.DiskInspector;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes an image out of an uploaded disk: inspects it inside an appliance, converts it to a layer
 * that stands on nothing, and publishes it. What was uploaded is gone afterwards, whatever came of
 * it; what was exported stays.
 */
public final class ImportJob implements JobQueue.Job {
  /** The kind of this job; see {@link #id}. */
  public static final String KIND = "import-image";

  private static final Logger LOG = LoggerFactory.getLogger(ImportJob.class);

  private final Database database;
  private final Images images;
  private final Inventories inventories;
  private final Layers layerRecords;
  private final LayerStore layers;
  private final UploadedDisks disks;
  private final DiskCheck check;
  private final DiskInspector inspector;
  private final QemuImg qemuImg;
  private final AgentVersions agentVersions;
  private final Clock clock;
  private volatile boolean goingDown;

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
    Optional<Image> image = database.read(handle -> images.findById(handle, imageId));
    // An earlier run may have come to the image's end, but not to the upload's.
    if (image.isPresent() && image.get().state() == ImageState.IMPORTING) {
      makeOrFail(image.get(), diskId);
    }
    removeUpload(diskId);
  }

  private void makeOrFail(Image image, String diskId) throws InterruptedException {
    try {
      make(image, diskId);
      LOG.atInfo().addKeyValue("image", image.name()).log("image imported");
    } catch (IOException | ProgramException | UnfitDiskException | RuntimeException e) {
      if (goingDown) {
        throw JobQueue.Job.interrupted(e);
      }
      LOG.atWarn()
          .addKeyValue("image", image.name())
          .addKeyValue("reason", e.getMessage())
          .log("import failed");
      fail(image, String.valueOf(e.getMessage()));
    } finally {
      Workspaces.remove(layers, image.id());
    }
  }

  @Override
  public void abort() {
    goingDown = true;
    inspector.abort();
  }

  private void make(Image image, String diskId)
      throws IOException, ProgramException, UnfitDiskException, InterruptedException {
    UploadedDisk disk =
        disks
            .find(image.owner().accountId(), diskId)
            .orElseThrow(() ->
                new UnfitDiskException(
                    "The uploaded disk " + diskId + " is gone. Upload it again."));
    layers.removeWorkspace(image.id());
    Path directory = layers.workspace(image.id());
    Path upload = disks.path(disk);
    check.requireSelfContained(upload, disk.format());
    DiskInspection inspection = inspector.inspect(upload, disk.format(), directory);
    Path converted = directory.resolve("image.qcow2");
    qemuImg.compress(upload, disk.format(), converted, progress -> {});
    Layer layer = layers.publish(image.id(), converted, Optional.empty());
    database.useTransaction(handle -> {
      layerRecords.insert(handle, layer);
      ImageDisk imageDisk =
          new ImageDisk(
              layer.id(), inventories.store(handle, inspection.inventory()), inspection.layout());
      images.publish(
          handle,
          image,
          new PublishedDisk(
              imageDisk,
              inspection.inventory().os().platform(),
              agentVersions.of(inspection.inventory()),
              Optional.empty()));
    });
  }

  private void fail(Image image, String message) {
    StateChangeReason reason =
        new StateChangeReason(StateChangeReason.Code.IMAGE_IMPORT_FAILURE, message);
    database.useTransaction(handle ->
        images.fail(
            handle,
            image,
            reason,
            List.of(new ImageError("VALIDATION_ERROR", message, clock.instant()))));
    try {
      layers.delete(image.id());
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("image", image.name())
          .addKeyValue("reason", e.getMessage())
          .log("layer left behind");
    }
  }

  private void removeUpload(String diskId) {
    try {
      disks.removeUpload(diskId);
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("disk", diskId)
          .addKeyValue("reason", e.getMessage())
          .log("upload left behind");
    }
  }
}
