package dev.regild.update;

import dev.regild.image.BootRecords;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.JobKind;
import dev.regild.image.JobSteps;
import dev.regild.image.StateChangeReason;
import dev.regild.image.jobs.CopyRecords;
import dev.regild.job.Attempt;
import dev.regild.job.CancelledJobException;
import dev.regild.job.StepRecorder;
import dev.regild.job.SteppedJob;
import dev.regild.machine.ToolVersions;
import dev.regild.update.steps.CompleteInventory;
import dev.regild.update.steps.LinkLayers;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Makes a copy AVAILABLE. */
public final class CopyJob extends SteppedJob<Image> {
  /** The kind of this job; its id is the new image's. */
  public static final String KIND = "copy-image";

  private final JobSteps records;
  private final CompleteInventory complete;
  private final LinkLayers link;
  private final Attestations attestations;

  public CopyJob(Tools tools, CompleteInventory complete, Attestations attestations) {
    super(JobKind.COPY, tools);
    this.records = tools.steps();
    this.complete = complete;
    this.attestations = attestations;
    this.link = new LinkLayers(tools.database());
  }

  @Override
  protected void make(Image copy, StepRecorder steps) throws Exception {
    if (copy.disk().isPresent()) {
      complete.runIfOlder(copy.disk().get(), steps);
    }
    steps.run(link, copy);
    steps.record(handle -> {
      Image made =
          Images.transition(handle, requireCopying(handle, copy.id()), ImageState.AVAILABLE);
      Image source = CopyRecords.source(handle, made).orElseThrow();
      BootRecords.copy(handle, source.id(), made.id());
      attestations.ofCopy(handle, ToolVersions.ofRegild(), source, made);
      CopyRecords.end(handle, made);
    });
  }

  @Override
  protected boolean isRunning(Handle handle, String imageId) {
    return findCopying(handle, imageId).isPresent();
  }

  @Override
  protected Attempt<Image> begin(Handle handle, String imageId) {
    Image copy = requireCopying(handle, imageId);
    return new Attempt<>(imageId, copy.name(), records.beginAttempt(handle, imageId), copy);
  }

  @Override
  protected void fail(Handle handle, String imageId, String message) {
    StateChangeReason reason =
        new StateChangeReason(StateChangeReason.Code.IMAGE_COPY_FAILURE, message);
    CopyRecords.end(
        handle, Images.fail(handle, requireCopying(handle, imageId), reason, List.of()));
  }

  /** There is nothing to remove: the layers are the source's. */
  @Override
  protected void discard(String imageId) {}

  private Image requireCopying(Handle handle, String imageId) {
    return findCopying(handle, imageId).orElseThrow(() -> new CancelledJobException(imageId));
  }

  private Optional<Image> findCopying(Handle handle, String imageId) {
    return Images.findById(handle, imageId).filter(image -> image.state() == ImageState.COPYING);
  }
}
