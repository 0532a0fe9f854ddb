package dev.regild.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.RefusedException.Reason;
import dev.regild.image.builder.ImageBuilder;
import dev.regild.image.builder.ImageBuilders;
import dev.regild.image.jobs.UpdateRecords;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.DiskLayout.Filesystem;
import dev.regild.inventory.DiskLayout.Firmware;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.Change;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.UpdatePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;

/** A registry on a real database, and what tests put into it. */
public final class Registry implements AutoCloseable {
  public static final Instant NOW = Instant.ofEpochMilli(1_800_000_000_123L);
  public static final Owner ALICE = new Owner("111111111111", "eu-central-1");
  public static final Owner BOB = new Owner("222222222222", "eu-central-1");
  static final UpdatePlan PLAN =
      new UpdatePlan(
          List.of(new Change(ChangeKind.OS, "libc6", "amd64", "2.36-9", "2.36-9+deb12u10")));
  static final DiskLayout LAYOUT =
      new DiskLayout(
          Firmware.UEFI,
          List.of(new Filesystem("/", "/dev/sda2", 1 << 20, 1L << 40, "ext4", "u", "l", "p", "")));

  public final JobSteps steps = new JobSteps(Clock.fixed(NOW, ZoneOffset.UTC));
  public final UpdateRecords updates = new UpdateRecords(Clock.fixed(NOW, ZoneOffset.UTC));
  public final Database database;
  public final Inventories inventories;

  public Registry(Path directory) throws IOException {
    this(TestDatabases.open(directory.resolve("regild.db")));
  }

  public Registry(Database database) {
    this.database = database;
    this.inventories = new Inventories(database);
  }

  public <T> T write(HandleCallback<T, RuntimeException> work) {
    return database.inTransaction(work);
  }

  public <T> T read(HandleCallback<T, RuntimeException> work) {
    return database.read(work);
  }

  static Image importing(Owner owner, String name) {
    return Image.importing(owner, name, Optional.empty(), Optional.empty(), List.of(), NOW);
  }

  static Inventory inventory(String version) {
    return new Inventory(
        new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12 (bookworm)", "12.5"),
        "amd64",
        List.of(
            new InstalledPackage("bash", "amd64", version, false),
            new InstalledPackage("dash", "amd64", "0.5", true)));
  }

  /** An image with a layer of its own on the given one. */
  Image available(Owner owner, String name, Optional<String> baseLayer) {
    return write(handle -> available(handle, owner, name, baseLayer));
  }

  Image available(Handle handle, Owner owner, String name, Optional<String> baseLayer) {
    Image image = importing(owner, name);
    Images.insert(handle, image);
    return Images.publish(handle, image, published(handle, baseLayer));
  }

  public Image available(Owner owner, String name) {
    return available(owner, name, Optional.empty());
  }

  /** The new image of a running update of the given one, with its builder and its record. */
  public Image updating(Image existing, String newName) {
    return write(handle -> {
      Image image = existing.updated(newName, Optional.empty(), Optional.empty(), "sha256:s", NOW);
      Images.insert(handle, image);
      ImageBuilders.insert(handle, ImageBuilder.updating(existing, image, new Random(1), NOW));
      updates.start(handle, image, existing, "sha256:s", PLAN);
      return image;
    });
  }

  PublishedDisk published(Handle handle, Optional<String> baseLayer) {
    var layer = new Layer(UUID.randomUUID().toString(), baseLayer, 1L << 33, 1L << 35, "abc", 1);
    LayerRecords.insert(handle, layer);
    return new PublishedDisk(
        new ImageDisk(layer.id(), inventories.store(handle, inventory("5.2")), LAYOUT),
        "DEBIAN_12",
        Optional.of("1.0"),
        Optional.of(new Qualification("6.1.0-37-amd64", "degraded", List.of("a.service"))));
  }

  @Override
  public void close() {
    database.close();
  }

  public static void assertRefused(Reason reason, ThrowingCallable call, String named) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            RefusedException.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .hasMessageContaining(named);
  }
}
