package dev.regild.update;

import dev.regild.db.Database;
import dev.regild.image.CopyRecords;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.JobKind;
import dev.regild.image.JobSteps;
import dev.regild.image.StateChangeReason;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Makes a copy AVAILABLE. */
public final class CopyJob extends SteppedJob<Image> {
  /** The kind of this job; its id is the new image's. */
  public static final String KIND = "copy-image";

  private final Database database;
  private final JobSteps records;
  private final Images images;
  private final CopyRecords copies;
  private final LinkLayers link;

  public CopyJob(Tools tools, Images images, CopyRecords copies) {
    super(JobKind.COPY, tools);
    this.database = tools.database();
    this.records = tools.steps();
    this.images = images;
    this.copies = copies;
    this.link = new LinkLayers(tools.database());
  }

  @Override
  void make(Image copy, StepRecorder steps) throws Exception {
    steps.run(link, copy);
    database.useTransaction(handle ->
        copies.end(
            handle,
            images.transition(handle, requireCopying(handle, copy.id()), ImageState.AVAILABLE)));
  }

  @Override
  boolean isRunning(Handle handle, String imageId) {
    return findCopying(handle, imageId).isPresent();
  }

  @Override
  Attempt<Image> begin(Handle handle, String imageId) {
    Image copy = requireCopying(handle, imageId);
    return new Attempt<>(imageId, copy.name(), records.beginAttempt(handle, imageId), copy);
  }

  @Override
  void fail(Handle handle, String imageId, String message) {
    StateChangeReason reason =
        new StateChangeReason(StateChangeReason.Code.IMAGE_COPY_FAILURE, message);
    copies.end(handle, images.fail(handle, requireCopying(handle, imageId), reason, List.of()));
  }

  /** There is nothing to remove: the layers are the source's. */
  @Override
  void discard(String imageId) {}

  private Image requireCopying(Handle handle, String imageId) {
    return findCopying(handle, imageId).orElseThrow(() -> new CancelledJobException(imageId));
  }

  private Optional<Image> findCopying(Handle handle, String imageId) {
    return images.findById(handle, imageId).filter(image -> image.state() == ImageState.COPYING);
  }
}
