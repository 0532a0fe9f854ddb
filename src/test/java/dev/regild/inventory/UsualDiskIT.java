package dev.regild.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.PackageSystems;
import dev.regild.disk.DiskFormat;
import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.HostTools;
import dev.regild.machine.Accelerator;
import dev.regild.machine.Appliances;
import dev.regild.machine.Program;
import dev.regild.machine.ServedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** A real Debian is read from its disk's bytes, and in an appliance. */
@EnabledIf("canRun")
class UsualDiskIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir Path directory;

  static boolean canRun() {
    return Fixtures.imagesAreAvailable() && HostTools.areInstalled("bwrap", "qemu-nbd");
  }

  @Test
  void bothFindTheSame() throws Exception {
    List<InstalledSystem> systems = List.copyOf(PackageSystems.installed().all());
    DiskInspection read;
    try (ServedDisk disk = served(Fixtures.goldenImage())) {
      read = new UsualDisk(systems).inspect(disk::read);
      assertThatThrownBy(() -> disk.read(3L << 30, 512)).hasMessageContaining("not on the disk");
    }
    DiskInspection inAppliance =
        new DiskInspector(new Appliances(() -> Accelerator.TCG), systems)
            .inAppliance(Fixtures.goldenImage(), DiskFormat.QCOW2, directory, abort -> {});
    assertThat(read).isEqualTo(inAppliance);
    assertThat(read.inventory().packages()).hasSizeGreaterThan(100);
  }

  @Test
  void aHeaderThatNamesAnotherFileOfTheHostReachesNothing() throws Exception {
    Path secret = Files.writeString(directory.resolve("secret"), "canary".repeat(1000));
    Path disk = directory.resolve("disk.qcow2");
    var _ =
        Program.of(
                "qemu-img",
                "create",
                "-q",
                "-f",
                "qcow2",
                "-F",
                "raw",
                "-b",
                "" + secret,
                "" + disk)
            .run();
    assertThatThrownBy(() -> served(disk).close())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the disk can't be read")
        .hasMessageContaining("No such file");
  }

  private ServedDisk served(Path disk) throws Exception {
    return ServedDisk.open(disk, List.of(), "qcow2", directory, LIMIT);
  }
}
