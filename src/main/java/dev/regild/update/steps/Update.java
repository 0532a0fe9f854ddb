package dev.regild.update.steps;

import dev.regild.channel.Snapshot;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.inventory.Inventory;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.ServicingTask;
import java.nio.file.Path;

/**
 * What every step of one update may look at.
 *
 * @param newImage the image to make; its id is also its layer's
 * @param existing the image to update
 * @param base the existing image's disk
 * @param inventory of the existing image
 * @param plan what is promised; from Resolve on, what of it is possible
 * @param options what the caller or the channel allows
 * @param snapshot what the update is pinned to
 * @param directory this update's own, gone when it has ended
 */
public record Update(
    Image newImage,
    Image existing,
    ImageDisk base,
    Inventory inventory,
    UpdatePlan plan,
    UpdateOptions options,
    Snapshot snapshot,
    Path directory) {

  /** The same with another plan. */
  Update with(UpdatePlan possible) {
    return new Update(newImage, existing, base, inventory, possible, options, snapshot, directory);
  }

  /** The same with an inventory that lacks nothing. */
  Update with(Inventory whole) {
    return new Update(newImage, existing, base, whole, plan, options, snapshot, directory);
  }

  /** The platform of both images. */
  String platform() {
    return existing.platform().orElseThrow();
  }

  /** The compressed layer, before it is in the store. */
  Path delta() {
    return directory.resolve("delta.qcow2");
  }

  /** What its servicing works on. */
  ServicingTask task() {
    return new ServicingTask(
        overlay(),
        base.layout(),
        inventory,
        plan,
        options,
        snapshot.directory(),
        directory,
        existing.name(),
        newImage.name());
  }

  /** The layer that is being made. */
  Path overlay() {
    return directory.resolve("overlay.qcow2");
  }
}
