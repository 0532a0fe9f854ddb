package dev.regild.server;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.account.Accounts;
import dev.regild.account.MasterKey;
import dev.regild.api.Authentication;
import dev.regild.api.ImageServices;
import dev.regild.api.PageTokens;
import dev.regild.api.SigV4;
import dev.regild.db.Database;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.Layer;
import dev.regild.disk.QemuImg;
import dev.regild.disk.UploadedDisks;
import dev.regild.image.Image;
import dev.regild.image.ImageBuilder;
import dev.regild.image.ImageBuilders;
import dev.regild.image.ImageDisk;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.Layers;
import dev.regild.image.Owner;
import dev.regild.image.PublishedDisk;
import dev.regild.image.Qualification;
import dev.regild.image.Tags;
import dev.regild.image.UpdateRecords;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.Change;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.UpdatePlan;
import dev.regild.update.ImportRequest;
import dev.regild.update.UpdateAnswer;
import dev.regild.update.UpdateRequest;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A server on a free port with a real registry; updates are accepted and written down, but nobody
 * works on them.
 */
final class ServerFixture implements AutoCloseable {
  static final UpdatePlan PLAN =
      new UpdatePlan(
          List.of(new Change(ChangeKind.OS, "openssl", "amd64", "3.0.11-1", "3.0.17-1~deb12u2")));

  final Path data;
  final Database database;
  final Account account;
  final AccessKey key;
  final AccessKey readOnlyKey;
  final Accounts accounts;
  final Images images = new Images();
  final Tags tags = new Tags();
  final ImageBuilders builders = new ImageBuilders();
  final UpdateRecords updates = new UpdateRecords(Clock.systemUTC());
  final UploadedDisks disks;
  private final EventStreams events = new EventStreams();
  private final HttpFront front;

  ServerFixture(Path data) throws Exception {
    this.data = data;
    database = Database.open(data.resolve("regild.db"));
    accounts =
        new Accounts(
            database,
            MasterKey.load(data.resolve("master.key"), Optional.empty()),
            Clock.systemUTC());
    account = accounts.create("default");
    key = accounts.createKey(account, false);
    readOnlyKey = accounts.createKey(account, true);
    disks =
        new UploadedDisks(
            data.resolve("disks"),
            new DiskCheck(new QemuImg(), DiskCheck.DEFAULT_MAX_VIRTUAL_BYTES),
            Clock.systemUTC());
    Authentication authentication = new SigV4(accounts::findKey, Clock.systemUTC());
    Endpoints endpoints =
        new Endpoints(
            authentication,
            new ImageServices(
                database,
                this::update,
                this::importDisk,
                (owner, name) ->
                    database.inTransaction(handle ->
                        images.startDeleting(handle, images.require(handle, owner, name))),
                image -> Optional.of(true),
                new PageTokens(new byte[32]),
                Clock.systemUTC()),
            updates,
            (owner, name) -> {
              database.read(handle -> images.require(handle, owner, name));
              return PLAN;
            },
            disks::receive,
            id -> data.resolve(id + ".qcow2"),
            data,
            new Metrics(),
            events);
    front =
        HttpFront.start(
            new Config.Listen("127.0.0.1", 0),
            endpoints.metrics(),
            endpoints.services(),
            Duration.ofSeconds(1));
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + front.port() + path);
  }

  Owner owner(String region) {
    return new Owner(account.id(), region);
  }

  /** An AVAILABLE image with a small disk that is really there. */
  Image golden(String region, String name) throws Exception {
    Image image =
        Image.importing(
            owner(region),
            name,
            Optional.of("Golden"),
            Optional.of("made by hand"),
            List.of(),
            Instant.now());
    String layer = "layer-" + name + "-" + region;
    new QemuImg().create(data.resolve(layer + ".qcow2"), DiskFormat.QCOW2, 1 << 20);
    Inventory inventory =
        new Inventory(
            new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12 (bookworm)", "12.5"),
            "amd64",
            List.of(new InstalledPackage("openssl", "amd64", "3.0.11-1", false)));
    return database.inTransaction(handle -> {
      images.insert(handle, image);
      new Layers()
          .insert(handle, new Layer(layer, Optional.empty(), 4096, 1 << 20, "0".repeat(64)));
      return images.publish(
          handle,
          image,
          new PublishedDisk(
              new ImageDisk(
                  layer,
                  new Inventories(database).store(handle, inventory),
                  new DiskLayout(DiskLayout.Firmware.BIOS, List.of())),
              "DEBIAN_12",
              Optional.of("1.0-1"),
              Optional.of(new Qualification("6.1.0-18-amd64", "running", List.of()))));
    });
  }

  UpdateAnswer update(UpdateRequest request) {
    Image existing =
        database.read(
            handle -> images.require(handle, request.owner(), request.existingImageName()));
    if (request.dryRun()) {
      return new UpdateAnswer(existing, true, PLAN);
    }
    Image created =
        existing.updated(
            request.newImageName(),
            request.displayName(),
            request.description(),
            "sha256:" + "1".repeat(64),
            Instant.now());
    database.useTransaction(handle -> {
      images.insert(handle, created);
      tags.put(handle, created.arn(), request.tags());
      builders.insert(
          handle, ImageBuilder.updating(existing, created, new SecureRandom(), Instant.now()));
      updates.start(handle, created, existing, created.snapshot().orElseThrow(), PLAN);
    });
    return new UpdateAnswer(created, true, PLAN);
  }

  private Image importDisk(ImportRequest request) {
    Image image =
        Image.importing(
            request.owner(),
            request.name(),
            request.displayName(),
            request.description(),
            request.applications(),
            Instant.now());
    database.useTransaction(handle -> images.insert(handle, image));
    return image;
  }

  /** Ends an update as failed. */
  void fail(Image image) {
    database.useTransaction(handle -> {
      updates.failed(handle, image.id());
      images.transition(handle, image, ImageState.FAILED);
    });
  }

  @Override
  public void close() {
    events.stop();
    front.close();
    database.close();
  }
}
