package dev.regild.update;

import dev.regild.channel.ChannelException;
import dev.regild.channel.Channels;
import dev.regild.channel.PackageCache;
import dev.regild.channel.Snapshot;
import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.disk.ByteCount;
import dev.regild.disk.LayerStore;
import dev.regild.disk.QemuImg;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.UnfitDiskException;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.Layers;
import dev.regild.image.Qualification;
import dev.regild.image.UpdateRecord;
import dev.regild.image.UpdateRecords;
import dev.regild.inventory.Inventory;
import dev.regild.plan.PackageSystem;
import dev.regild.servicing.Transaction;
import dev.regild.servicing.Watcher;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes an accepted update: runs the steps in their order, and brings the registry to what came of
 * them. After a crash it starts over from Prepare, on a new overlay.
 */
public final class UpdateJob implements JobQueue.Job {
  private static final Logger LOG = LoggerFactory.getLogger(UpdateJob.class);

  private final Database database;
  private final Images images;
  private final Inventories inventories;
  private final UpdateRecords records;
  private final UpdateOutcomes outcomes;
  private final Channels channels;
  private final LayerStore layers;
  private final UpdateRooms rooms;

  private final Prepare prepare;
  private final Resolve resolve = new Resolve();
  private final Fetch fetch;
  private final Verify verify = new Verify();
  private final Qualify qualify;
  private final Publish publish;

  private final Layers layerRecords = new Layers();
  private final RunningJobs running = new RunningJobs();

  public UpdateJob(
      Database database,
      Images images,
      Inventories inventories,
      UpdateRecords records,
      UpdateOutcomes outcomes,
      Channels channels,
      PackageCache packages,
      LayerStore layers,
      QemuImg qemuImg,
      Platforms platforms,
      RoomReservations room) {
    this.database = database;
    this.images = images;
    this.inventories = inventories;
    this.records = records;
    this.outcomes = outcomes;
    this.channels = channels;
    this.layers = layers;
    this.rooms = new UpdateRooms(room);
    this.prepare = new Prepare(layers, qemuImg, platforms, rooms);
    this.fetch = new Fetch(packages, rooms);
    this.qualify = new Qualify(layers, platforms, new ThrowAwayBoot(qemuImg, platforms));
    this.publish = new Publish(layers, qemuImg);
  }

  @Override
  public void run(String imageId) throws InterruptedException {
    Optional<UpdateRecord> record =
        database
            .read(handle -> records.findById(handle, imageId))
            .filter(found -> found.status() == UpdateRecord.Status.RUNNING);
    if (record.isEmpty()) {
      return;
    }
    running.begin(imageId);
    try {
      makeOrFail(record.get());
    } catch (InterruptedException | RuntimeException e) {
      // What a cancelled update ends with is of no interest: the registry has its outcome.
      if (!running.end(imageId) && !(e instanceof CancelledJobException)) {
        throw e;
      }
      LOG.atInfo().addKeyValue("image", record.get().imageName()).log("update cancelled");
      removeLayer(imageId);
    } finally {
      running.end(imageId);
      Workspaces.remove(layers, imageId);
      rooms.end(imageId);
    }
  }

  private void makeOrFail(UpdateRecord record) throws InterruptedException {
    String imageId = record.imageId();
    int attempt = database.inTransaction(handle -> outcomes.startOver(handle, imageId));
    StepRecorder recorder =
        new StepRecorder(database, records, outcomes, imageId, record.imageName(), attempt);
    Update update;
    try {
      update = update(record);
    } catch (IOException | ChannelException | RuntimeException e) {
      fail(record, e);
      return;
    }
    try {
      make(update, recorder);
    } catch (CancelledJobException e) {
      throw e;
    } catch (FailedStepException e) {
      running.requireGoingOn(imageId, e);
      FailedStepException failure = rooms.cause(imageId, e);
      database.useTransaction(handle -> {
        outcomes.fail(handle, imageId, message(failure, update.snapshot().system()));
        recorder.failed(handle, failure);
      });
      removeLayer(imageId);
    } catch (RuntimeException e) {
      fail(record, e);
    }
  }

  private void fail(UpdateRecord record, Exception e) throws InterruptedException {
    String imageId = record.imageId();
    running.requireGoingOn(imageId, e);
    LOG.atError().addKeyValue("image", record.imageName()).setCause(e).log("update failed");
    String message = "The update could not be made: " + e.getMessage();
    database.useTransaction(handle -> outcomes.fail(handle, imageId, message));
    removeLayer(imageId);
  }

  /**
   * The cause is whole lines where a program said it, so the remedy stands in a line of its own.
   */
  private static String message(FailedStepException e, PackageSystem system) {
    String cause = String.valueOf(e.getMessage());
    return cause + (cause.indexOf('\n') >= 0 ? "\n" : " ") + Remedy.of(e, system);
  }

  @Override
  public void giveUp(String imageId, String why) {
    boolean unfinished =
        database
            .read(handle -> records.findById(handle, imageId))
            .filter(record -> record.status() == UpdateRecord.Status.RUNNING)
            .isPresent();
    if (unfinished) {
      String message = "The update could not be made. " + why;
      database.useTransaction(handle -> outcomes.fail(handle, imageId, message));
      removeLayer(imageId);
    }
    Workspaces.remove(layers, imageId);
  }

  @Override
  public void abort() {
    running.abortAll();
  }

  /** Ends at once what runs for that image; after its update was cancelled in the registry. */
  public void cancel(String imageId) {
    running.cancel(imageId);
  }

  private Update update(UpdateRecord record) throws IOException, ChannelException {
    Image newImage = database.read(handle -> images.requireById(handle, record.imageId()));
    Image existing = database.read(handle -> images.requireById(handle, record.existing().id()));
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
                        + " that this update is pinned to is gone; ask for the update again"));
    layers.removeWorkspace(record.imageId());
    Path directory = layers.workspace(record.imageId());
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

  private void make(Update update, StepRecorder recorder)
      throws FailedStepException, InterruptedException {
    String id = update.newImage().id();
    Watcher watcher = abort -> running.onAbort(id, abort);
    boolean done = false;
    try {
      Serviced serviced = service(update, recorder, watcher);
      database.useTransaction(handle -> outcomes.startQualification(handle, id));
      publish(serviced.update(), recorder, watcher, serviced.inventory());
      done = true;
    } finally {
      if (!done) {
        running.abort(id); // Whatever it was: no machine may run when its workspace goes.
      }
    }
    LOG.atInfo().addKeyValue("image", update.newImage().name()).log("update succeeded");
  }

  /** From Prepare to Seal: all that happens while the disk is open. */
  private Serviced service(Update update, StepRecorder recorder, Watcher watcher)
      throws FailedStepException, InterruptedException {
    Servicing servicing =
        recorder.step(Step.PREPARE, _ -> prepare.run(update, watcher), Servicing::manner);
    Resolve.Resolved resolved =
        recorder.step(
            Step.RESOLVE,
            _ -> {
              complete(update, servicing);
              return resolve.run(update, servicing);
            },
            each -> summary(each.transaction()));
    Transaction transaction = resolved.transaction();
    Update possible = update.with(resolved.plan());
    database.useTransaction(
        handle -> outcomes.replan(handle, update.newImage().id(), resolved.plan()));
    Fetch.Packages packages =
        recorder.step(
            Step.FETCH,
            progress -> fetch.run(update, transaction, progress),
            fetched ->
                "%d packages, %s, %s downloaded"
                    .formatted(
                        fetched.files(),
                        ByteCount.text(fetched.totalBytes()),
                        ByteCount.text(fetched.downloadedBytes())));
    recorder.step(
        Step.APPLY,
        progress -> {
          servicing.apply(transaction, packages.directory(), progress);
          return true;
        },
        _ -> "");
    Inventory inventory =
        recorder.step(
            Step.VERIFY,
            _ -> verify.run(possible, servicing),
            seen -> seen.packages().size() + " packages installed");
    recorder.step(
        Step.SEAL,
        _ -> {
          servicing.seal();
          return true;
        },
        _ -> "");
    return new Serviced(possible, inventory);
  }

  /**
   * What came of servicing.
   *
   * @param update with the plan that was carried out
   * @param inventory of the new image
   */
  private record Serviced(Update update, Inventory inventory) {}

  /** An inventory that an older version stored lacks what a plan honours: it is read now. */
  private void complete(Update update, Servicing servicing) throws IOException, UnfitDiskException {
    if (!update.inventory().isComplete()) {
      Inventory whole = servicing.inventory();
      database.useTransaction(handle ->
          images.replaceInventory(handle, update.existing(), inventories.store(handle, whole)));
    }
  }

  private void publish(Update update, StepRecorder recorder, Watcher watcher, Inventory inventory)
      throws FailedStepException, InterruptedException {
    Qualification qualification =
        recorder.step(
            Step.QUALIFY,
            progress -> qualify.run(update, inventory, watcher),
            seen ->
                "booted "
                    + seen.kernel()
                    + ", system "
                    + seen.systemState()
                    + ", failed units "
                    + seen.failedUnits());
    Publish.Published published =
        recorder.step(
            Step.PUBLISH,
            progress -> publish.run(update, progress),
            done ->
                "%s, of an overlay of %s"
                    .formatted(
                        ByteCount.text(done.layer().bytes()), ByteCount.text(done.overlayBytes())));
    database.useTransaction(
        handle -> outcomes.succeed(handle, update, inventory, qualification, published.layer()));
  }

  /** As {@code GET /regild/v1/updates} shows it: counts, then every name that is new or gone. */
  private static String summary(Transaction transaction) {
    List<String> added =
        transaction.installs().stream()
            .filter(install -> install.from().isEmpty())
            .map(install -> "+" + install.name() + " " + install.to())
            .toList();
    List<String> removed =
        transaction.removals().stream()
            .map(each -> "-" + each.name() + " " + each.version())
            .map(String::strip)
            .toList();
    return transaction.installs().size()
        - added.size()
        + " upgraded, "
        + added.size()
        + " new, "
        + removed.size()
        + " removed"
        + Stream.concat(added.stream(), removed.stream())
            .map(name -> "; " + name)
            .reduce("", String::concat);
  }

  /** Published before the registry could know it: nothing stands on it. */
  private void removeLayer(String imageId) {
    if (database.read(handle -> layerRecords.find(handle, imageId)).isPresent()) {
      return;
    }
    try {
      layers.delete(imageId);
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("layer", imageId)
          .addKeyValue("reason", e.getMessage())
          .log("layer left behind");
    }
  }
}
