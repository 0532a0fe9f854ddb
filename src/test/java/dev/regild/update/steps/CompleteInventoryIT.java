package dev.regild.update.steps;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.PackageSystems;
import dev.regild.db.Database;
import dev.regild.disk.layers.DirectoryLayerStore;
import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.HostTools;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.Owner;
import dev.regild.inventory.DiskInspector;
import dev.regild.inventory.Inventory;
import dev.regild.job.StepControl;
import dev.regild.machine.Accelerator;
import dev.regild.machine.Appliances;
import dev.regild.plan.InstalledPackage;
import dev.regild.update.fleet.FleetImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jdbi.v3.core.HandleConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** An image that an older version stored, on the disk of a real Debian. */
@EnabledIf("canRun")
class CompleteInventoryIT {
  private static final Owner ALICE = new Owner("111111111111", "eu-central-1");

  @TempDir Path directory;
  private Database database;
  private Inventories inventories;
  private Image image;

  static boolean canRun() {
    return Fixtures.imagesAreAvailable() && HostTools.areInstalled("bwrap", "qemu-nbd");
  }

  @BeforeEach
  void open() throws Exception {
    database = Database.open(directory.resolve("regild.db"));
    inventories = new Inventories(database);
    // Without an origin, as it was stored before origins were read.
    image =
        new FleetImages(database, inventories)
            .available(
                ALICE,
                "golden",
                "DEBIAN_12",
                List.of(new InstalledPackage("bash", "amd64", "5.2.15-2+b7", false)));
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void theInventoryOfAnOlderVersionGetsOrigins() throws Exception {
    CompleteInventory complete = complete();
    Files.copy(
        Fixtures.goldenImage(), directory.resolve("layers").resolve(disk().layer() + ".qcow2"));
    assertThat(complete.run(disk(), new Control())).endsWith("packages, with their origins");
    Inventory whole = inventories.load(disk().inventory());
    assertThat(whole.isComplete()).isTrue();
    assertThat(whole.packages())
        .filteredOn(each -> each.name().equals("libssl3"))
        .singleElement()
        .satisfies(each -> assertThat(each.origin().orElseThrow().source()).isEqualTo("openssl"));
    assertThat(rows()).as("nothing needs the older one any more").isEqualTo(1);
  }

  /** An export of the image fails or succeeds by itself. */
  @Test
  void aDiskThatCannotBeReadLeavesTheInventoryAsItIs() throws Exception {
    String before = disk().inventory();
    assertThat(complete().run(disk(), new Control()))
        .startsWith("the inventory stays as an earlier version stored it: ")
        .contains("the layer store has no layer");
    assertThat(disk().inventory()).isEqualTo(before);
  }

  private CompleteInventory complete() throws Exception {
    return new CompleteInventory(
        database,
        inventories,
        new DirectoryLayerStore(directory),
        new DiskInspector(new Appliances(() -> Accelerator.TCG), PackageSystems.installed().all()));
  }

  private ImageDisk disk() {
    return database.read(handle -> Images.requireById(handle, image.id())).disk().orElseThrow();
  }

  private int rows() {
    return database.read(
        handle -> handle.createQuery("SELECT COUNT(*) FROM inventory").mapTo(Integer.class).one());
  }

  private final class Control implements StepControl {
    @Override
    public Path directory() {
      return directory;
    }

    @Override
    public int attempt() {
      return 1;
    }

    @Override
    public void record(HandleConsumer<RuntimeException> change) {
      database.useTransaction(change);
    }

    @Override
    public <T extends AutoCloseable> T keep(T borrowed) {
      return borrowed;
    }

    @Override
    public void accept(double progress) {}

    @Override
    public void running(Runnable abort) {}
  }
}
