package dev.regild.update;

import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.Snapshot;
import dev.regild.db.Database;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.layers.LayerStore;
import dev.regild.fetch.PackageCache;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.JobKind;
import dev.regild.image.jobs.UpdateRecord;
import dev.regild.image.jobs.UpdateRecords;
import dev.regild.insight.Fixes;
import dev.regild.job.Attempt;
import dev.regild.job.FailedStepException;
import dev.regild.job.LayerLeftovers;
import dev.regild.job.StepRecorder;
import dev.regild.job.SteppedJob;
import dev.regild.machine.ToolVersions;
import dev.regild.update.steps.Apply;
import dev.regild.update.steps.Fetch;
import dev.regild.update.steps.Platforms;
import dev.regild.update.steps.Prepare;
import dev.regild.update.steps.Publish;
import dev.regild.update.steps.Qualify;
import dev.regild.update.steps.ReadChangelogs;
import dev.regild.update.steps.Resolve;
import dev.regild.update.steps.Seal;
import dev.regild.update.steps.ThrowAwayBoot;
import dev.regild.update.steps.Update;
import dev.regild.update.steps.UpdateOutcomes;
import dev.regild.update.steps.UpdateRooms;
import dev.regild.update.steps.Verify;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/** Makes an accepted update: each step works on what the one before it has made. */
public final class UpdateJob extends SteppedJob<UpdateRecord> {
  private final Database database;
  private final Inventories inventories;
  private final UpdateRecords records;
  private final UpdateOutcomes outcomes;
  private final ChannelStore channels;
  private final LayerLeftovers leftovers;
  private final UpdateRooms rooms;
  private final ImageFlattenings flattenings;
  private final Attestations attestations;

  private final Prepare prepare;
  private final Resolve resolve;
  private final Fetch fetch;
  private final Apply apply = new Apply();
  private final Verify verify = new Verify();
  private final Seal seal = new Seal();
  private final Qualify qualify;
  private final Publish publish;

  public UpdateJob(
      Tools tools,
      Inventories inventories,
      UpdateRecords records,
      UpdateOutcomes outcomes,
      ReadChangelogs changelogs,
      ChannelStore channels,
      PackageCache packages,
      LayerStore layers,
      Platforms platforms,
      RoomReservations room,
      ImageFlattenings flattenings,
      Attestations attestations) {
    super(JobKind.UPDATE, tools);
    this.database = tools.database();
    this.inventories = inventories;
    this.records = records;
    this.outcomes = outcomes;
    this.channels = channels;
    this.leftovers = new LayerLeftovers(database, layers);
    this.rooms = new UpdateRooms(room);
    this.flattenings = flattenings;
    this.attestations = attestations;
    this.prepare = new Prepare(layers, platforms, rooms);
    this.resolve = new Resolve(inventories, outcomes);
    this.fetch = new Fetch(packages, rooms, changelogs);
    this.qualify = new Qualify(platforms, new ThrowAwayBoot(platforms));
    this.publish = new Publish(layers);
  }

  @Override
  protected void make(UpdateRecord record, StepRecorder steps) throws Exception {
    Update update = update(record, steps.directory());
    Prepare.Open open = steps.run(prepare, update);
    Resolve.Resolved resolved = steps.run(resolve, open);
    Fetch.Fetched fetched = steps.run(fetch, resolved);
    Prepare.Open applied = steps.run(apply, fetched);
    Fixes fixes = fetched.pending().await();
    steps.record(handle -> outcomes.fixes(handle, update.newImage().id(), fixes));
    Verify.Verified verified = steps.run(verify, applied);
    Verify.Verified sealed = steps.run(seal, verified);
    steps.record(handle -> outcomes.startQualification(handle, update.newImage().id()));
    Qualify.Qualified qualified = steps.run(qualify, sealed);
    Publish.Published published = steps.run(publish, qualified);
    Map<String, String> versions = ToolVersions.read();
    steps.record(handle -> {
      outcomes.succeed(handle, published);
      attestations.ofUpdate(handle, versions, record, published.update(), fetched.files());
      flattenings.afterUpdate(handle, update.newImage().id());
    });
  }

  private Update update(UpdateRecord record, Path directory) throws IOException, ChannelException {
    Image newImage = database.read(handle -> Images.requireById(handle, record.imageId()));
    Image existing = database.read(handle -> Images.requireById(handle, record.existing().id()));
    ImageDisk base =
        existing
            .disk()
            .orElseThrow(
                () -> new IllegalStateException("The image " + existing.name() + " has no disk."));
    Snapshot snapshot =
        channels
            .snapshot(record.snapshot())
            .orElseThrow(() ->
                new ChannelException(
                    "the snapshot "
                        + record.snapshot()
                        + " that this update is pinned to no longer exists; start the update"
                        + " again"));
    return new Update(
        newImage,
        existing,
        base,
        inventories.load(base.inventory()),
        record.plan(),
        record.options(),
        snapshot,
        directory);
  }

  @Override
  protected boolean isRunning(Handle handle, String imageId) {
    return outcomes.isRunning(handle, imageId);
  }

  @Override
  protected Attempt<UpdateRecord> begin(Handle handle, String imageId) {
    int attempt = outcomes.startOver(handle, imageId);
    UpdateRecord record = records.findById(handle, imageId).orElseThrow();
    return new Attempt<>(imageId, record.imageName(), attempt, record);
  }

  @Override
  protected String message(FailedStepException failure) {
    return String.valueOf(failure.getMessage());
  }

  @Override
  protected void fail(Handle handle, String imageId, String message) {
    outcomes.fail(handle, imageId, message);
  }

  @Override
  protected FailedStepException cause(String imageId, FailedStepException failure) {
    return rooms.cause(imageId, failure);
  }

  @Override
  protected void release(String imageId) {
    rooms.end(imageId);
  }

  @Override
  protected void clear(String imageId) {
    flattenings.removeRetired();
  }

  @Override
  protected void discard(String imageId) {
    leftovers.remove(imageId);
  }
}
