package dev.regild.update;

import dev.regild.channel.ChannelException;
import dev.regild.channel.Channels;
import dev.regild.channel.PackageCache;
import dev.regild.channel.Snapshot;
import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.disk.Layer;
import dev.regild.disk.LayerStore;
import dev.regild.disk.QemuImg;
import dev.regild.image.Image;
import dev.regild.image.ImageBuilder;
import dev.regild.image.ImageBuilderState;
import dev.regild.image.ImageBuilders;
import dev.regild.image.ImageDisk;
import dev.regild.image.ImageError;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.Layers;
import dev.regild.image.PublishedDisk;
import dev.regild.image.Qualification;
import dev.regild.image.StateChangeReason;
import dev.regild.image.UpdateRecord;
import dev.regild.image.UpdateRecords;
import dev.regild.inventory.Inventory;
import dev.regild.servicing.Guest;
import dev.regild.servicing.Guests;
import dev.regild.servicing.PackageManager;
import dev.regild.servicing.QualificationBoot;
import dev.regild.servicing.Transaction;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
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
  private final ImageBuilders builders;
  private final Inventories inventories;
  private final Layers layerRecords;
  private final UpdateRecords records;
  private final Channels channels;
  private final LayerStore layers;
  private final Guests guests;
  private final AgentVersions agentVersions;
  private final Clock clock;

  private final Prepare prepare;
  private final Resolve resolve = new Resolve();
  private final Fetch fetch;
  private final Verify verify = new Verify();
  private final Qualify qualify;
  private final Publish publish;

  /** How to end at once what runs for an image, by the image's id. */
  private final ConcurrentMap<String, Runnable> running = new ConcurrentHashMap<>();

  private volatile boolean goingDown;

  public UpdateJob(
      Database database,
      Images images,
      ImageBuilders builders,
      Inventories inventories,
      Layers layerRecords,
      UpdateRecords records,
      Channels channels,
      PackageCache packages,
      LayerStore layers,
      QemuImg qemuImg,
      Guests guests,
      QualificationBoot boot,
      AgentVersions agentVersions,
      Clock clock) {
    this.database = database;
    this.images = images;
    this.builders = builders;
    this.inventories = inventories;
    this.layerRecords = layerRecords;
    this.records = records;
    this.channels = channels;
    this.layers = layers;
    this.guests = guests;
    this.agentVersions = agentVersions;
    this.clock = clock;
    this.prepare = new Prepare(layers, qemuImg, guests);
    this.fetch = new Fetch(packages);
    this.qualify = new Qualify(layers, qemuImg, boot);
    this.publish = new Publish(layers, qemuImg);
  }

  @Override
  public void run(String imageId) throws InterruptedException {
    Optional<UpdateRecord> record = database.read(handle -> records.findById(handle, imageId));
    if (record.isEmpty() || record.get().status() != UpdateRecord.Status.RUNNING) {
      return;
    }
    int attempt = database.inTransaction(handle -> startOver(handle, imageId));
    StepRecorder recorder =
        new StepRecorder(database, records, imageId, record.get().imageName(), attempt);
    try {
      make(update(record.get()), recorder);
    } catch (FailedStepException e) {
      if (goingDown) {
        throw JobQueue.Job.interrupted(e);
      }
      recorder.failed(e);
      fail(imageId, e.getMessage() + " " + e.step().remedy());
    } catch (IOException | ChannelException | RuntimeException e) {
      if (goingDown) {
        throw JobQueue.Job.interrupted(e);
      }
      LOG.atError().addKeyValue("image", record.get().imageName()).setCause(e).log("update failed");
      fail(imageId, "The update could not be made: " + e.getMessage());
    } finally {
      running.remove(imageId);
      Workspaces.remove(layers, imageId);
    }
  }

  @Override
  public void abort() {
    goingDown = true;
    running.values().forEach(Runnable::run);
  }

  private int startOver(Handle handle, String imageId) {
    Image image = requireImage(handle, imageId);
    if (image.state() == ImageState.VALIDATING) {
      images.transition(handle, image, ImageState.PENDING);
    }
    Optional<ImageBuilder> builder = builders.findFor(handle, image);
    if (builder.isPresent() && builder.get().state() != ImageBuilderState.UPDATING) {
      builders.transition(handle, builder.get(), ImageBuilderState.UPDATING);
    }
    return records.beginAttempt(handle, imageId);
  }

  private Image requireImage(Handle handle, String imageId) {
    return images
        .findById(handle, imageId)
        .orElseThrow(() -> new IllegalStateException("There is no image of the id " + imageId));
  }

  private Update update(UpdateRecord record) throws IOException, ChannelException {
    Image newImage = database.read(handle -> requireImage(handle, record.imageId()));
    Image existing = database.read(handle -> requireImage(handle, record.existing().id()));
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
    return new Update(newImage, existing, base, record.plan(), snapshot, directory);
  }

  private void make(Update update, StepRecorder recorder)
      throws FailedStepException, InterruptedException {
    String id = update.newImage().id();
    Inventory inventory;
    Guest guest =
        recorder.step(
            Step.PREPARE,
            progress -> prepare.run(update),
            opened -> "isolation " + guests.isolation());
    running.put(id, guest::abort);
    try {
      inventory = service(update, recorder, guest);
    } catch (FailedStepException | InterruptedException | RuntimeException e) {
      guest.abort();
      throw e;
    }
    database.useTransaction(handle -> startQualification(handle, id));
    Qualification qualification =
        recorder.step(
            Step.QUALIFY,
            progress -> qualify.run(update, abort -> running.put(id, abort)),
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
            done -> done.layer().bytes() + " bytes, of an overlay of " + done.overlayBytes());
    database.useTransaction(
        handle -> succeed(handle, update, inventory, qualification, published.layer()));
    LOG.atInfo().addKeyValue("image", update.newImage().name()).log("update succeeded");
  }

  /** From Resolve to Seal: all that happens while the guest is open. It is closed afterwards. */
  private Inventory service(Update update, StepRecorder recorder, Guest guest)
      throws FailedStepException, InterruptedException {
    PackageManager packageManager = guests.packageManager(guest, update.snapshot().system());
    Transaction transaction =
        recorder.step(
            Step.RESOLVE, progress -> resolve.run(update, packageManager), UpdateJob::summary);
    Fetch.Packages packages =
        recorder.step(
            Step.FETCH,
            progress -> fetch.run(update, transaction, progress),
            fetched ->
                fetched.files()
                    + " packages, "
                    + fetched.totalBytes()
                    + " bytes, "
                    + fetched.downloadedBytes()
                    + " downloaded");
    recorder.step(
        Step.APPLY,
        progress -> {
          packageManager.apply(transaction, packages.directory(), progress);
          return true;
        },
        done -> "");
    Inventory inventory =
        recorder.step(
            Step.VERIFY,
            progress -> verify.run(update, guest, packageManager),
            seen -> seen.packages().size() + " packages installed");
    recorder.step(
        Step.SEAL,
        progress -> {
          packageManager.seal();
          guest.close();
          return true;
        },
        done -> "");
    return inventory;
  }

  /** As {@code GET /regild/v1/updates} shows it: counts, then every name that is new or gone. */
  private static String summary(Transaction transaction) {
    List<String> added =
        transaction.installs().stream()
            .filter(install -> install.from().isEmpty())
            .map(install -> "+" + install.name() + " " + install.to())
            .toList();
    List<String> removed = transaction.removals().stream().map(name -> "-" + name).toList();
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

  private void startQualification(Handle handle, String imageId) {
    Image image = requireImage(handle, imageId);
    images.transition(handle, image, ImageState.VALIDATING);
    builders
        .findFor(handle, image)
        .ifPresent(builder ->
            builders.transition(handle, builder, ImageBuilderState.PENDING_QUALIFICATION));
  }

  private void succeed(
      Handle handle, Update update, Inventory inventory, Qualification qualification, Layer layer) {
    Image image = requireImage(handle, update.newImage().id());
    layerRecords.insert(handle, layer);
    PublishedDisk published =
        new PublishedDisk(
            new ImageDisk(layer.id(), inventories.store(handle, inventory), update.base().layout()),
            inventory.os().platform(),
            agentVersions.of(inventory),
            Optional.of(qualification));
    images.publish(handle, image, published);
    builders.deleteFor(handle, image);
    records.succeeded(handle, image.id());
  }

  private void fail(String imageId, String message) {
    StateChangeReason reason =
        new StateChangeReason(StateChangeReason.Code.IMAGE_UPDATE_FAILURE, message);
    ImageError error = new ImageError("INTERNAL_SERVICE_ERROR", message, clock.instant());
    database.useTransaction(handle -> {
      Image image = requireImage(handle, imageId);
      images.fail(handle, image, reason, List.of(error));
      builders.deleteFor(handle, image);
      records.failed(handle, imageId);
    });
    removeLayer(imageId);
  }

  /** Published before the registry could know it: nothing stands on it. */
  private void removeLayer(String imageId) {
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
