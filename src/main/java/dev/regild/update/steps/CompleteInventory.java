package dev.regild.update.steps;

import dev.regild.db.Database;
import dev.regild.db.DatabaseUnavailableException;
import dev.regild.db.LostLeaseException;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.UnfitDiskException;
import dev.regild.disk.layers.BorrowedLayer;
import dev.regild.disk.layers.LayerStore;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.inventory.DiskInspector;
import dev.regild.inventory.Inventory;
import dev.regild.job.CancelledJobException;
import dev.regild.job.FailedStepException;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.job.StepRecorder;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the inventory of a disk again if an older version stored it, which read less. All images
 * with that disk get it. The job goes on if that fails: it does not need it.
 */
public record CompleteInventory(
    Database database, Inventories inventories, LayerStore layers, DiskInspector inspector)
    implements Step<ImageDisk, String> {
  private static final Logger LOG = LoggerFactory.getLogger(CompleteInventory.class);

  /** Runs the step, if the inventory of this disk lacks something. */
  public void runIfOlder(ImageDisk disk, StepRecorder steps)
      throws FailedStepException, InterruptedException {
    if (isOlder(disk)) {
      var _ = steps.run(this, disk);
    }
  }

  private boolean isOlder(ImageDisk disk) {
    try {
      return !inventories.load(disk.inventory()).isComplete();
    } catch (IllegalStateException e) {
      // It is damaged or gone. Whoever needs it says so.
      return false;
    }
  }

  @Override
  public String name() {
    return "Inspect";
  }

  @Override
  public String run(ImageDisk disk, StepControl control) throws InterruptedException {
    Inventory whole;
    try (BorrowedLayer layer = layers.borrow(disk.layer())) {
      whole =
          inspector
              .inspect(layer.file(), DiskFormat.QCOW2, control.directory(), control::running)
              .inventory();
    } catch (DatabaseUnavailableException | LostLeaseException | CancelledJobException e) {
      throw e;
    } catch (IOException | UnfitDiskException | RuntimeException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted while a disk is inspected");
      }
      return "the inventory stays as an earlier version stored it: " + reason(e);
    }
    control.record(handle -> {
      String digest = inventories.store(handle, whole);
      for (Image each : Images.withDisk(handle, disk)) {
        Images.replaceInventory(handle, each, digest);
      }
    });
    return "%d packages, with their origins".formatted(whole.packages().size());
  }

  /** What no part of the inspection has foreseen may quote all that an image contains. */
  private static String reason(Exception e) {
    if (e instanceof RuntimeException) {
      LOG.atWarn()
          .addKeyValue("reason", e.toString())
          .log("the inspection of a disk failed without a cause that it names");
      return "its disk can't be inspected (%s)".formatted(e.getClass().getSimpleName());
    }
    return String.valueOf(e.getMessage());
  }

  @Override
  public String outcome(String told) {
    return told;
  }

  @Override
  public String remedy(ImageDisk disk, String reason) {
    return "";
  }
}
