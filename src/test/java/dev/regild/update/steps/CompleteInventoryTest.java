package dev.regild.update.steps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.PackageSystems;
import dev.regild.db.Database;
import dev.regild.disk.layers.LayerStore;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.ImageDisk;
import dev.regild.image.Inventories;
import dev.regild.inventory.DiskInspector;
import dev.regild.inventory.DiskLayout;
import dev.regild.job.CancelledJobException;
import dev.regild.job.StepControl;
import dev.regild.machine.Accelerator;
import dev.regild.machine.Appliances;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompleteInventoryTest {
  private static final ImageDisk DISK =
      new ImageDisk("layer", "inventory", new DiskLayout(DiskLayout.Firmware.BIOS, List.of()));

  @TempDir Path directory;

  /** Whoever exports or copies the image does not need its inventory. */
  @Test
  void whatIsNotForeseenInADiskLeavesTheInventoryAsItIs() throws Exception {
    assertThat(run(new UncheckedIOException(new NoSuchFileException("of the guest"))))
        .isEqualTo(
            "the inventory stays as an earlier version stored it: its disk can't be inspected"
                + " (UncheckedIOException)");
  }

  @Test
  void aJobThatWasCancelledEnds() {
    RuntimeException cancelled = new CancelledJobException("image");
    assertThatThrownBy(() -> run(cancelled)).isSameAs(cancelled);
  }

  private String run(RuntimeException failure) throws Exception {
    LayerStore layers = failing(LayerStore.class, failure);
    try (Database database = TestDatabases.open(directory.resolve("regild.db"))) {
      return new CompleteInventory(
              database,
              new Inventories(database),
              layers,
              new DiskInspector(
                  new Appliances(() -> Accelerator.TCG), PackageSystems.installed().all()))
          .run(DISK, failing(StepControl.class, new AssertionError("nothing was read")));
    }
  }

  private static <T> T failing(Class<T> type, Throwable failure) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, _, _) -> {
              throw failure;
            }));
  }
}
