package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.PackageSystems;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.disk.UnfitDiskException;
import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.HostTools;
import dev.regild.inventory.DiskInspection;
import dev.regild.inventory.DiskInspector;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.DiskLayout.Filesystem;
import dev.regild.machine.Accelerator;
import dev.regild.machine.Appliances;
import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * Disks in shapes that people have: inspected, opened in both isolations, changed, opened again.
 */
@EnabledIf("canRun")
class DiskShapesIT {
  private static final Appliances APPLIANCES = new Appliances(() -> Accelerator.TCG);

  private static final String UUID = "8f6d1c3b-52e7-4d0a-b1c9-7e40f3a2d5b8";

  @TempDir Path directory;

  static boolean canRun() {
    return Fixtures.imagesAreAvailable()
        && HostTools.areInstalled(
            "bwrap", "qemu-storage-daemon", "mke2fs", "mkfs.btrfs", "lvm", "losetup", "sgdisk");
  }

  /** As Debian's installer makes it; with a line that clouds write and no disk answers to. */
  @Test
  void aRootInASubvolumeIsFoundByItsUuidInBothIsolations() throws Exception {
    ShapedDisk disks = new ShapedDisk(directory);
    Path tree =
        disks.system(
            """
            LABEL=root / btrfs subvol=@rootfs 0 0
            /dev/vdb /mnt auto defaults,nofail 0 2
            /dev/vdc /home ext4 defaults 0 2
            UUID=0123-4567 none swap sw 0 0
            """);
    Path disk = disks.btrfs(tree, "@rootfs", UUID);
    DiskLayout found = inspected(disk).layout();

    assertThat(found.filesystems()).hasSize(1);
    Filesystem root = found.filesystems().getFirst();
    assertThat(root.subvolume()).isEqualTo("@rootfs");
    assertThat(root.device()).isEqualTo("/dev/sda1");
    assertThat(root.type()).isEqualTo("btrfs");
    assertThat(root.uuid()).isEqualTo(UUID);
    assertThat(root.offset()).isEqualTo(1 << 20);
    Path overlay = overlay(disk, "overlay");
    assertChangesStay(overlay, inThePast(found), Isolation.VM);
    assertChangesStay(overlay, found, Isolation.NAMESPACE);
  }

  /** As earlier versions kept it: by the name that the device had in the appliance of that day. */
  private static DiskLayout inThePast(DiskLayout layout) {
    Filesystem root = layout.filesystems().getFirst();
    Filesystem old =
        new Filesystem(
            "/", "btrfsvol:/dev/sdb1/@rootfs", -1, -1, "btrfs", root.uuid(), root.label(), "", "");
    return new DiskLayout(layout.firmware(), List.of(old));
  }

  @Test
  void aPhysicalVolumeOverTheWholeDiskIsServicedInTheIsolationVmAlone() throws Exception {
    ShapedDisk disks = new ShapedDisk(directory);
    Path disk = disks.lvm(disks.system("/dev/mapper/vg-root / ext4 defaults 0 1\n"));
    DiskLayout found = inspected(disk).layout();

    assertThat(found.filesystems()).extracting(Filesystem::device).containsExactly("/dev/vg/root");
    Path overlay = overlay(disk, "overlay");
    assertChangesStay(overlay, found, Isolation.VM);
    assertThatThrownBy(() -> open(overlay, found, Isolation.NAMESPACE))
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("/ lies on /dev/vg/root")
        .hasMessageContaining("Use the isolation \"vm\"");
  }

  @Test
  void aDiskOfLargeSectorsIsServiced() throws Exception {
    ShapedDisk disks = new ShapedDisk(directory);
    Path disk = disks.largeSectors(disks.system("/dev/sda1 / ext4 defaults 0 1\n"));
    DiskLayout found = inspected(disk).layout();

    assertThat(found.sectorBytes()).isEqualTo(4096);
    assertThat(found.filesystems()).extracting(Filesystem::offset).containsExactly(1L << 20);
    Path overlay = overlay(disk, "overlay");
    assertChangesStay(overlay, found, Isolation.VM);
    assertChangesStay(overlay, found, Isolation.NAMESPACE);
  }

  @Test
  void anExt4WithoutAPartitionTableIsServiced() throws Exception {
    ShapedDisk disks = new ShapedDisk(directory);
    Path disk = disks.ext4(disks.system("/dev/vda / ext4 defaults 0 1\n"));
    DiskLayout found = inspected(disk).layout();

    assertThat(found.filesystems()).extracting(Filesystem::offset).containsExactly(0L);
    assertChangesStay(overlay(disk, "overlay"), found, Isolation.NAMESPACE);
  }

  @Test
  void aSystemWhoseOwnFileSystemIsOnAnotherDiskIsRefusedByName() throws Exception {
    ShapedDisk disks = new ShapedDisk(directory);
    Path disk =
        disks.ext4(
            disks.system(
                """
                /dev/vda / ext4 defaults 0 1
                UUID=01234567-89ab-cdef-0123-456789abcdef /usr ext4 defaults 0 2
                """));
    assertThatThrownBy(() -> inspected(disk))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessage(
            "/etc/fstab mounts UUID=01234567-89ab-cdef-0123-456789abcdef on /usr, and that file"
                + " system is not on this disk. Copy it to this disk, or take the entry out or add"
                + " the option nofail, and upload the disk again.");
  }

  private DiskInspection inspected(Path disk) throws Exception {
    assertThat(DiskCheck.detect(disk)).isEqualTo(DiskFormat.RAW);
    Path work = Files.createTempDirectory(directory, "inspection");
    return new DiskInspector(APPLIANCES, PackageSystems.installed().all())
        .inspect(disk, DiskFormat.RAW, work, abort -> {});
  }

  private Path overlay(Path disk, String name) throws Exception {
    Path base = directory.resolve("base.qcow2");
    if (!Files.exists(base)) {
      Program.of("qemu-img", "convert", "-fraw", "-Oqcow2", disk.toString(), base.toString()).run();
    }
    Path overlay = directory.resolve(name + ".qcow2");
    QemuImg.createOverlay(base, overlay);
    return overlay;
  }

  private Guest open(Path overlay, DiskLayout layout, Isolation isolation) throws Exception {
    return new Guests(isolation, APPLIANCES, Duration.ofMinutes(5))
        .open(overlay, layout, Files.createTempDirectory(directory, "guest"), abort -> {});
  }

  private void assertChangesStay(Path overlay, DiskLayout layout, Isolation isolation)
      throws Exception {
    String name = "/etc/changed-in-" + isolation;
    try (Guest guest = open(overlay, layout, isolation)) {
      guest.write(name, "yes".getBytes(UTF_8), 0644);
      assertThat(guest.read(name)).asString().isEqualTo("yes");
      guest.trim();
    }
    if (layout.filesystems().getFirst().offset() >= 0) {
      try (Guest guest = open(overlay, layout, Isolation.NAMESPACE)) {
        assertThat(guest.read(name)).asString().isEqualTo("yes");
      }
    }
  }
}
