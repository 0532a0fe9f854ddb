package dev.regild.update;

import static dev.regild.image.RefusedException.Reason.CONCURRENT_MODIFICATION;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;

import dev.regild.db.Database;
import dev.regild.image.ImageBuilder;
import dev.regild.image.ImageBuilders;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/**
 * Deletes image builders, and so cancels the updates that are made in them. The registry says so at
 * once and for good; then the job is told to stop, if one runs, and clears its own things away. One
 * that waits for a worker, or was cut short by a crash, finds that there is nothing to do.
 */
public final class UpdateCancellations {
  private final Database database;
  private final ImageBuilders builders;
  private final UpdateOutcomes outcomes;
  private final Consumer<String> stop;

  /**
   * With the registry, and a job that can be stopped.
   *
   * @param stop ends at once what runs for an image, by the image's id
   */
  public UpdateCancellations(
      Database database, ImageBuilders builders, UpdateOutcomes outcomes, Consumer<String> stop) {
    this.database = database;
    this.builders = builders;
    this.outcomes = outcomes;
    this.stop = stop;
  }

  /**
   * Deletes the owner's builder of that name. The image that it was making is FAILED when this
   * returns.
   *
   * @return the builder as it was last
   * @throws RefusedException NOT_FOUND if there is none; CONCURRENT_MODIFICATION if its update has
   *     ended meanwhile
   */
  public ImageBuilder deleteBuilder(Owner owner, String name) {
    ImageBuilder deleted = database.inTransaction(handle -> cancel(handle, owner, name));
    stop.accept(deleted.newImageId());
    return deleted;
  }

  private ImageBuilder cancel(Handle handle, Owner owner, String name) {
    ImageBuilder builder =
        builders
            .find(handle, owner, name)
            .orElseThrow(() ->
                new RefusedException(
                    NOT_FOUND, "There is no image builder %s of %s.".formatted(name, owner)));
    try {
      outcomes.cancel(
          handle,
          builder.newImageId(),
          "The update was cancelled: its image builder %s was deleted. Ask for it again if that was a mistake."
              .formatted(name));
    } catch (CancelledUpdateException e) {
      throw new RefusedException(
          CONCURRENT_MODIFICATION,
          "The update in the image builder %s has just ended.".formatted(name));
    }
    return builder;
  }
}
