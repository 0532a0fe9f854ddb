package dev.regild.update;

import static dev.regild.image.RefusedException.Reason.CONCURRENT_MODIFICATION;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;
import static dev.regild.image.RefusedException.Reason.NOT_PERMITTED;

import dev.regild.db.Database;
import dev.regild.image.Image;
import dev.regild.image.ImageBuilder;
import dev.regild.image.ImageBuilders;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.image.StateChangeReason;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/**
 * Cancels updates and imports. The registry says so at once and for good; then the job is told to
 * stop, if one runs, and clears its own things away. One that waits for a worker, or was cut short
 * by a crash, finds that there is nothing to do.
 */
public final class Cancellations {
  private final Database database;
  private final Images images;
  private final ImageBuilders builders;
  private final UpdateOutcomes updates;
  private final Consumer<String> stop;

  /**
   * With the registry, and jobs that can be stopped.
   *
   * @param stop ends at once what runs for an image, by the image's id
   */
  public Cancellations(
      Database database,
      Images images,
      ImageBuilders builders,
      UpdateOutcomes updates,
      Consumer<String> stop) {
    this.database = database;
    this.images = images;
    this.builders = builders;
    this.updates = updates;
    this.stop = stop;
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
    stop.accept(deleted.newImageId());
    return deleted;
  }

  /**
   * Cancels the update or the import that makes the owner's image of that name. The image is FAILED
   * when this returns.
   *
   * @throws RefusedException NOT_FOUND if there is no such image; NOT_PERMITTED if the account only
   *     sees it, or neither an update nor an import makes it
   */
  public void cancel(Owner owner, String imageName) {
    stop.accept(database.inTransaction(handle -> cancel(handle, owner, imageName)).id());
  }

  private ImageBuilder deleteBuilder(Handle handle, Owner owner, String name) {
    ImageBuilder builder =
        builders
            .find(handle, owner, name)
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
    return builder;
  }

  private Image cancel(Handle handle, Owner owner, String imageName) {
    Image image = images.requireOwned(handle, owner, imageName);
    switch (image.state()) {
      case PENDING, IMPORTING, VALIDATING -> {
        Optional<ImageBuilder> builder = builders.findFor(handle, image);
        if (builder.isPresent()) {
          deleteBuilder(handle, owner, builder.get().name());
        } else {
          cancelImport(handle, image);
        }
      }
      case AVAILABLE, FAILED, COPYING, CREATING, DELETING ->
          throw new RefusedException(
              NOT_PERMITTED,
              "The image %s is %s: it has no update or import to cancel."
                  .formatted(imageName, image.state()));
    }
    return image;
  }

  private void cancelImport(Handle handle, Image image) {
    String message = "The import was cancelled. If that was a mistake, import the disk again.";
    images.fail(
        handle,
        image,
        new StateChangeReason(StateChangeReason.Code.IMAGE_IMPORT_FAILURE, message),
        List.of());
  }
}
