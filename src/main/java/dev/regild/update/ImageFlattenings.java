package dev.regild.update;

import static dev.regild.image.RefusedException.Reason.CONCURRENT_MODIFICATION;
import static dev.regild.image.RefusedException.Reason.LIMIT_EXCEEDED;
import static dev.regild.image.RefusedException.Reason.NOT_AVAILABLE;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;

import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.LayerStore;
import dev.regild.image.Flattening;
import dev.regild.image.Flattening.State;
import dev.regild.image.Flattenings;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.JobSteps;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.job.RunningJobs;
import dev.regild.job.node.Routing;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides on flattenings: refuses, or accepts and writes the job down; those that are asked for,
 * and those of images whose chain has become too long by an update.
 */
public final class ImageFlattenings {
  /** Each reads a whole chain twice. */
  static final int MOST_IN_FLIGHT = 10;

  private static final Logger LOG = LoggerFactory.getLogger(ImageFlattenings.class);

  private final Database database;
  private final LayerStore layers;
  private final JobSteps steps;
  private final RunningJobs running;
  private final JobQueue jobs;
  private final int deepest;
  private final Clock clock;

  /**
   * @param deepest the most layers that an image has after an update without being flattened; 0 for
   *     any number
   */
  public ImageFlattenings(
      Database database,
      LayerStore layers,
      JobSteps steps,
      RunningJobs running,
      JobQueue jobs,
      int deepest,
      Clock clock) {
    this.database = database;
    this.layers = layers;
    this.steps = steps;
    this.running = running;
    this.jobs = jobs;
    this.deepest = deepest;
    this.clock = clock;
  }

  /**
   * Accepts the flattening of the owner's image.
   *
   * @return empty if it has one layer only, so that there is nothing to do
   * @throws RefusedException NOT_FOUND if there is no such image; NOT_PERMITTED if it is another
   *     account's; NOT_AVAILABLE if it isn't AVAILABLE; CONCURRENT_MODIFICATION if it is being
   *     flattened, or another image on the same layer is; LIMIT_EXCEEDED if too many are under way
   */
  public Optional<Flattening> flatten(Owner owner, String name) {
    Optional<Flattening> accepted =
        database.inTransaction(handle -> {
          Image image = Images.requireOwned(handle, owner, name);
          if (image.state() != ImageState.AVAILABLE) {
            throw new RefusedException(
                NOT_AVAILABLE,
                "The image %s is %s; only an AVAILABLE image can be flattened."
                    .formatted(name, image.state()));
          }
          if (isRunningOn(handle, image)) {
            throw new RefusedException(
                CONCURRENT_MODIFICATION,
                "The image %s is already being flattened, or another image on the same layer is."
                    .formatted(name));
          }
          if (isAtLimit(handle, image)) {
            throw new RefusedException(
                LIMIT_EXCEEDED,
                "At most %d flattenings run at once, and %s has that many. Wait until one has finished."
                    .formatted(MOST_IN_FLIGHT, owner));
          }
          return accept(handle, image, 1);
        });
    jobs.wake();
    return accepted;
  }

  /**
   * Accepts the flattening of an image that has just been made, if its chain is too long. Where the
   * owner has too many under way, the next update of the image tries again.
   */
  void afterUpdate(Handle handle, String imageId) {
    Image image = Images.requireById(handle, imageId);
    if (deepest > 0 && !isRunningOn(handle, image) && !isAtLimit(handle, image)) {
      accept(handle, image, deepest)
          .ifPresent(flattening ->
              LOG.atInfo()
                  .addKeyValue("image", image.name())
                  .addKeyValue("layers", flattening.depth())
                  .log("image has too many layers and will be flattened"));
    }
  }

  private boolean isRunningOn(Handle handle, Image image) {
    return Flattenings.findRunningOn(handle, layer(image)).isPresent();
  }

  private boolean isAtLimit(Handle handle, Image image) {
    return Flattenings.countInFlight(handle, image.owner()) >= MOST_IN_FLIGHT;
  }

  private static String layer(Image image) {
    return image.disk().map(ImageDisk::layer).orElseThrow();
  }

  private Optional<Flattening> accept(Handle handle, Image image, int most) {
    String layer = layer(image);
    List<Layer> chain = LayerRecords.chain(handle, layer);
    int depth = chain.size();
    if (depth <= most) {
      return Optional.empty();
    }
    Flattening flattening =
        new Flattening(
            UUID.randomUUID().toString(),
            image.id(),
            image.name(),
            layer,
            depth,
            State.FLATTENING,
            Optional.empty(),
            Instant.ofEpochMilli(clock.millis()));
    Flattenings.insert(handle, flattening);
    jobs.enqueue(handle, FlattenJob.KIND, flattening.id(), Routing.rewrite(chain));
    return Optional.of(flattening);
  }

  /**
   * The last flattening of an image that the owner sees.
   *
   * @throws RefusedException NOT_FOUND if there is no such image, or none of it
   */
  public Flattening require(Handle handle, Owner owner, String name) {
    Image image = Images.require(handle, owner, name);
    return Flattenings.findOf(handle, image.id())
        .orElseThrow(() ->
            new RefusedException(
                NOT_FOUND, "The image %s has not been flattened.".formatted(name)));
  }

  /**
   * Cancels the flattening of the owner's image, which stays as it is.
   *
   * @return whether there was one
   */
  public boolean cancel(Owner owner, String name) {
    Optional<Flattening> cancelled =
        database.inTransaction(handle -> {
          Image image = Images.requireOwned(handle, owner, name);
          Optional<Flattening> found = findRunning(handle, image);
          found.ifPresent(flattening -> {
            Flattenings.fail(handle, flattening, "The flattening was cancelled.");
            steps.failRunning(handle, flattening.id(), "Cancelled.");
            JobQueue.cancel(handle, FlattenJob.KIND, flattening.id());
          });
          return found;
        });
    cancelled.ifPresent(flattening -> running.cancel(flattening.id()));
    return cancelled.isPresent();
  }

  private Optional<Flattening> findRunning(Handle handle, Image image) {
    return Flattenings.findOf(handle, image.id())
        .filter(flattening -> flattening.state() == State.FLATTENING);
  }

  /**
   * Removes layers whose place a flattening has taken, once no job reads them any more. What can't
   * be removed is removed when the server starts next.
   */
  public void removeRetired() {
    for (Layer layer : database.inTransaction(Flattenings::removeRetired)) {
      try {
        layers.delete(layer.id());
        LOG.atInfo().addKeyValue("layer", layer.id()).log("layer removed");
      } catch (IOException e) {
        LOG.atWarn()
            .addKeyValue("layer", layer.id())
            .addKeyValue("reason", e.getMessage())
            .log("a layer could not be removed");
      }
    }
  }
}
