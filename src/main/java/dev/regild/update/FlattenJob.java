package dev.regild.update;

import static java.util.stream.Collectors.toSet;

import dev.regild.db.Database;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.LayerStore;
import dev.regild.image.Flattening;
import dev.regild.image.Flattening.State;
import dev.regild.image.Flattenings;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.JobKind;
import dev.regild.image.JobSteps;
import dev.regild.job.Attempt;
import dev.regild.job.CancelledJobException;
import dev.regild.job.LayerLeftovers;
import dev.regild.job.StepRecorder;
import dev.regild.job.SteppedJob;
import dev.regild.machine.ToolVersions;
import dev.regild.update.steps.CompareLayers;
import dev.regild.update.steps.CompleteInventory;
import dev.regild.update.steps.MergeLayers;
import dev.regild.update.steps.PublishStandalone;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/**
 * Writes an image's chain of layers as one layer, compares the two, and has the image stand on the
 * new one. Until that moment nothing of the image changes; its name, lineage and record never do.
 */
public final class FlattenJob extends SteppedJob<Flattening> {
  /** The kind of this job; its id is the flattening's. */
  public static final String KIND = "flatten-image";

  private final Database database;
  private final JobSteps records;
  private final ImageFlattenings images;
  private final Attestations attestations;
  private final LayerLeftovers leftovers;
  private final CompleteInventory complete;
  private final MergeLayers merge;
  private final CompareLayers compare;
  private final PublishStandalone<MergeLayers.Merged> publish;

  public FlattenJob(
      Tools tools,
      CompleteInventory complete,
      ImageFlattenings images,
      Attestations attestations,
      LayerStore layers,
      RoomReservations room) {
    super(JobKind.FLATTENING, tools);
    this.database = tools.database();
    this.records = tools.steps();
    this.images = images;
    this.attestations = attestations;
    this.complete = complete;
    this.leftovers = new LayerLeftovers(tools.database(), layers);
    this.merge = new MergeLayers(layers, room);
    this.compare = new CompareLayers();
    this.publish =
        new PublishStandalone<>(
            layers, merged -> merged.flattening().id(), MergeLayers.Merged::file);
  }

  @Override
  protected void make(Flattening flattening, StepRecorder steps) throws Exception {
    for (ImageDisk each : disks(flattening)) {
      complete.runIfOlder(each, steps);
    }
    MergeLayers.Merged merged = steps.run(merge, flattening);
    MergeLayers.Merged compared = steps.run(compare, merged);
    Layer layer = steps.run(publish, compared);
    Map<String, String> versions = ToolVersions.read();
    steps.record(handle -> {
      Flattenings.succeed(handle, requireRunning(handle, flattening.id()), layer);
      attestations.ofFlattening(handle, versions, flattening, layer);
    });
  }

  private Set<ImageDisk> disks(Flattening flattening) {
    return database.read(handle -> Images.availableOn(handle, flattening.oldLayer())).stream()
        .flatMap(image -> image.disk().stream())
        .collect(toSet());
  }

  @Override
  protected boolean isRunning(Handle handle, String id) {
    return findRunning(handle, id).isPresent();
  }

  @Override
  protected Attempt<Flattening> begin(Handle handle, String id) {
    Flattening flattening = requireRunning(handle, id);
    return new Attempt<>(id, flattening.imageName(), records.beginAttempt(handle, id), flattening);
  }

  @Override
  protected void fail(Handle handle, String id, String message) {
    Flattenings.fail(handle, requireRunning(handle, id), message);
  }

  @Override
  protected void discard(String id) {
    leftovers.remove(id);
  }

  @Override
  protected void clear(String id) {
    images.removeRetired();
  }

  private Flattening requireRunning(Handle handle, String id) {
    return findRunning(handle, id).orElseThrow(() -> new CancelledJobException(id));
  }

  private Optional<Flattening> findRunning(Handle handle, String id) {
    return Flattenings.find(handle, id).filter(found -> found.state() == State.FLATTENING);
  }
}
