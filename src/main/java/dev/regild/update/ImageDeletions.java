package dev.regild.update;

import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.LayerStore;
import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.image.Bin;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes images, and the layers that nothing stands on any more. */
public final class ImageDeletions {
  private static final Logger LOG = LoggerFactory.getLogger(ImageDeletions.class);

  private final Database database;
  private final LayerStore layers;
  private final Executor executor;

  /**
   * @param executor removes rows and files after the answer
   */
  public ImageDeletions(Database database, LayerStore layers, Executor executor) {
    this.database = database;
    this.layers = layers;
    this.executor = executor;
  }

  /**
   * Deletes the owner's image of that name; its files go right after.
   *
   * @return the image as it was last, DELETING
   * @throws RefusedException if there is none, it is another account's, shared or in use
   */
  public Image delete(Owner owner, String name) {
    Image deleting =
        database.inTransaction(
            handle -> Images.startDeleting(handle, Images.requireOwned(handle, owner, name)));
    executor.execute(() -> finish(deleting));
    return deleting;
  }

  /**
   * Deletes the files of an image that a policy has deleted, once its time has passed.
   *
   * @return whether it was still to be done
   */
  public boolean purge(Bin.Binned binned) {
    Optional<Image> deleting =
        database.inTransaction(handle ->
            Images.findById(handle, binned.imageId())
                .filter(image -> image.owner().isOfDeleted())
                .filter(image -> image.state() != ImageState.DELETING)
                .map(image -> Images.transition(handle, image, ImageState.DELETING)));
    deleting.ifPresent(this::finish);
    return deleting.isPresent();
  }

  /**
   * Ends every deletion that a process began and did not end. Of two that end the same one, the
   * later finds nothing to do.
   */
  public void finishAll() {
    database
        .read(Images::unfinished)
        .forEach(image -> {
          if (image.state() == ImageState.DELETING) {
            finish(image);
          }
        });
  }

  private List<Layer> remove(Handle handle, Image image) {
    List<Layer> unneeded = Images.remove(handle, image);
    if (image.owner().isOfDeleted()) {
      // Its owner heard of it when the policy deleted it.
      return unneeded;
    }
    Events.append(
        handle,
        new Event(
            EventType.IMAGE_DELETED,
            image.owner().accountId(),
            image.owner().region(),
            image.name(),
            Map.of()),
        database.clock().instant());
    return unneeded;
  }

  private void finish(Image image) {
    try {
      List<Layer> unneeded = database.inTransaction(handle -> remove(handle, image));
      for (Layer layer : unneeded) {
        layers.delete(layer.id());
      }
      LOG.atInfo()
          .addKeyValue("image", image.name())
          .addKeyValue("layers", unneeded.size())
          .log("image deleted");
    } catch (RefusedException e) {
      LOG.debug("the image {} was deleted meanwhile", image.name());
    } catch (IOException | RuntimeException e) {
      LOG.atError()
          .addKeyValue("image", image.name())
          .setCause(e)
          .log("image deletion interrupted");
    }
  }
}
