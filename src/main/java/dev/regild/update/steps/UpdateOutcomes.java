package dev.regild.update.steps;

import dev.regild.image.BootRecords;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.ImageError;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.JobSteps;
import dev.regild.image.LayerRecords;
import dev.regild.image.PublishedDisk;
import dev.regild.image.StateChangeReason;
import dev.regild.image.builder.ImageBuilder;
import dev.regild.image.builder.ImageBuilderState;
import dev.regild.image.builder.ImageBuilders;
import dev.regild.image.jobs.UpdateRecord;
import dev.regild.image.jobs.UpdateRecords;
import dev.regild.insight.Changelogs;
import dev.regild.insight.Fixes;
import dev.regild.inventory.Inventory;
import dev.regild.job.CancelledJobException;
import dev.regild.plan.UpdatePlan;
import dev.regild.update.planning.AgentVersions;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Brings the registry to what becomes of an update. Each call looks, in the caller's transaction,
 * whether the update is still running: what was cancelled stays so, whatever its job comes to.
 */
public final class UpdateOutcomes {
  private final Inventories inventories;
  private final UpdateRecords records;
  private final JobSteps steps;
  private final AgentVersions agentVersions;
  private final Clock clock;

  public UpdateOutcomes(
      Inventories inventories,
      UpdateRecords records,
      JobSteps steps,
      AgentVersions agentVersions,
      Clock clock) {
    this.inventories = inventories;
    this.records = records;
    this.steps = steps;
    this.agentVersions = agentVersions;
    this.clock = clock;
  }

  /** The number of the attempt that begins. */
  public int startOver(Handle handle, String imageId) {
    Image image = requireRunning(handle, imageId);
    if (image.state() == ImageState.VALIDATING) {
      Images.transition(handle, image, ImageState.PENDING);
    }
    Optional<ImageBuilder> builder = ImageBuilders.findFor(handle, image);
    if (builder.isPresent() && builder.get().state() != ImageBuilderState.UPDATING) {
      ImageBuilders.transition(handle, builder.get(), ImageBuilderState.UPDATING);
    }
    return records.beginAttempt(handle, imageId);
  }

  /** From now on the record tells what is possible of the plan, and what else comes and goes. */
  void replan(Handle handle, String imageId, UpdatePlan plan) {
    requireRunning(handle, imageId);
    records.replan(handle, imageId, plan);
  }

  /** Records what the update fixes. */
  public void fixes(Handle handle, String imageId, Fixes fixes) {
    requireRunning(handle, imageId);
    Changelogs.record(handle, imageId, fixes);
  }

  public void startQualification(Handle handle, String imageId) {
    Image image = requireRunning(handle, imageId);
    Images.transition(handle, image, ImageState.VALIDATING);
    ImageBuilders.findFor(handle, image)
        .ifPresent(builder ->
            ImageBuilders.transition(handle, builder, ImageBuilderState.PENDING_QUALIFICATION));
  }

  public void succeed(Handle handle, Publish.Published made) {
    Update update = made.update();
    Inventory inventory = made.qualified().verified().inventory();
    Image image = requireRunning(handle, update.newImage().id());
    LayerRecords.insert(handle, made.layer());
    PublishedDisk published =
        new PublishedDisk(
            new ImageDisk(
                made.layer().id(), inventories.store(handle, inventory), update.base().layout()),
            inventory.os().platform(),
            agentVersions.of(inventory),
            Optional.of(made.qualified().qualification()));
    Images.publish(handle, image, published);
    made.qualified().seen().ifPresent(seen -> BootRecords.put(handle, image.id(), seen));
    ImageBuilders.deleteFor(handle, image);
    records.succeeded(handle, image.id());
  }

  /** The image is FAILED with an error, and its builder gone. */
  public void fail(Handle handle, String imageId, String message) {
    ImageError error = new ImageError("INTERNAL_SERVICE_ERROR", message, clock.instant());
    fail(handle, imageId, message, List.of(error));
  }

  /** The image is FAILED, its builder gone, and the step that is running has FAILED too. */
  public void cancel(Handle handle, String imageId, String message) {
    fail(handle, imageId, message, List.of());
    steps.failRunning(handle, imageId, "Cancelled.");
  }

  private void fail(Handle handle, String imageId, String message, List<ImageError> errors) {
    Image image = requireRunning(handle, imageId);
    StateChangeReason reason =
        new StateChangeReason(StateChangeReason.Code.IMAGE_UPDATE_FAILURE, message);
    Images.fail(handle, image, reason, errors);
    ImageBuilders.deleteFor(handle, image);
    records.failed(handle, imageId);
  }

  public boolean isRunning(Handle handle, String imageId) {
    return records
        .findById(handle, imageId)
        .filter(record -> record.status() == UpdateRecord.Status.RUNNING)
        .isPresent();
  }

  /**
   * The image that a running update makes.
   *
   * @throws CancelledJobException if the update is not running any more
   */
  private Image requireRunning(Handle handle, String imageId) {
    if (!isRunning(handle, imageId)) {
      throw new CancelledJobException(imageId);
    }
    return Images.requireById(handle, imageId);
  }
}
