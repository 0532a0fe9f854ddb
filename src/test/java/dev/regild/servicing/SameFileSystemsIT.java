package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.QemuImg;
import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.HostTools;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.DiskLayout.Filesystem;
import dev.regild.inventory.DiskLayout.Firmware;
import dev.regild.machine.Program;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * File systems that have the same UUID as others, in namespaces: two updates of one image are
 * opened at a time, and the host's kernel tells btrfs apart by nothing else.
 */
@EnabledIf("canRun")
class SameFileSystemsIT {
  private static final String UUID = "5b0c8f1e-7d3a-4c57-9a63-2f1d0c9b8a76";

  @TempDir Path directory;

  static boolean canRun() {
    return Fixtures.imagesAreAvailable()
        && HostTools.areInstalled(
            "bwrap", "qemu-storage-daemon", "mke2fs", "mkfs.btrfs", "mkfs.xfs", "sgdisk");
  }

  @Test
  void twoImagesWithTheSameXfsAreServicedAtOnce() throws Exception {
    ShapedDisk disks = new ShapedDisk(directory);
    Path base = base(disks.xfs(disks.system("")));
    assertServicedAtOnce(
        base, layout(new Filesystem("/", "/dev/sda", 0, 320 << 20, "xfs", "", "", "", "")));
  }

  @Test
  void twoImagesWithTheSameBtrfsAreServicedAtOnceOrOneWaits() throws Exception {
    ShapedDisk disks = new ShapedDisk(directory);
    Path base = base(disks.btrfs(disks.system(""), "@rootfs", UUID));
    DiskLayout layout = layout(subvolume("/", "@rootfs"), subvolume("/mnt/data", "@home"));
    if (kernelTellsCopiesApart()) {
      assertServicedAtOnce(base, layout);
    } else {
      Guest first = open(overlay(base, "first"), layout);
      assertThatThrownBy(() -> open(overlay(base, "second"), layout))
          .hasMessageContaining("Another image with the same btrfs is open");
      first.close();
    }
  }

  /** Two mounts of one partition that know nothing of each other would destroy it. */
  @Test
  void subvolumesOfOnePartitionAreOneFileSystem() throws Exception {
    ShapedDisk disks = new ShapedDisk(directory);
    Path disk = base(disks.btrfs(disks.system(""), "@rootfs", UUID));
    DiskLayout layout = layout(subvolume("/", "@rootfs"), subvolume("/mnt/data", "@home"));
    Path overlay = overlay(disk, "overlay");
    try (Guest guest = open(overlay, layout)) {
      guest.install(
          List.of("sh", "-c", "ls -d /dev/loop1??; cat /usr/bin/* >/mnt/data/large; sync"),
          Duration.ofMinutes(1),
          line -> assertThat(line).isEqualTo("/dev/loop100"));
      guest.write("/mnt/data/file", "in a subvolume".getBytes(UTF_8), 0644);
      guest.write("/etc/file", "in the root".getBytes(UTF_8), 0644);
      guest.trim();
    }
    Path raw = directory.resolve("after.raw");
    run("qemu-img", "convert", "-Oraw", overlay.toString(), raw.toString());
    String loop =
        Program.of(
                "losetup",
                "-o1048576",
                "--sizelimit=209715200",
                "-r",
                "-f",
                "--show",
                raw.toString())
            .run()
            .strip();
    try {
      run("btrfs", "check", "--readonly", loop);
    } finally {
      run("losetup", "-d", loop);
    }
    try (Guest guest = open(overlay, layout)) {
      assertThat(guest.read("/mnt/data/file")).asString().isEqualTo("in a subvolume");
      assertThat(guest.read("/etc/file")).asString().isEqualTo("in the root");
    }
  }

  /**
   * In the role of the maker of a disk: the canary is a device of the host's, which is not mounted.
   */
  @Test
  void aBtrfsOfTheHostWithTheSameUuidIsNotTouched() throws Exception {
    ShapedDisk disks = new ShapedDisk(directory);
    Path base = base(disks.btrfs(disks.system(""), "@rootfs", UUID));
    Path one = disks.sparse("one", 200);
    Path two = disks.sparse("two", 200);
    String first = loop(one);
    String second = loop(two);
    try {
      run("mkfs.btrfs", "-qf", "-U" + UUID, "-draid0", "-mraid1", first, second);
      run("btrfs", "device", "scan", second);
      String before = digest(two);
      try (Guest guest = open(overlay(base, "overlay"), layout(subvolume("/", "@rootfs")))) {
        guest.run("sh", "-c", "cat /usr/bin/* >/etc/large; sync");
      } catch (GuestException refused) {
        // Kernels differ in whether they take the two for one.
        assertThat(refused).hasMessageMatching("(?s).*(another device too|can't be mounted).*");
      }
      assertThat(digest(two)).isEqualTo(before);
    } finally {
      for (String loop : List.of(first, second)) {
        Program.of("sh", "-c", "btrfs device scan --forget $0; losetup -d $0", loop).run();
      }
    }
  }

  @Test
  void aBtrfsOfSeveralDevicesIsRefused() throws Exception {
    ShapedDisk disks = new ShapedDisk(directory);
    Path disk = disks.btrfs(disks.system(""), "@rootfs", UUID);
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.seek((1 << 20) + (64 << 10) + 0x88);
      file.write(2);
    }
    Path base = base(disk);
    assertThatThrownBy(() -> open(overlay(base, "overlay"), layout(subvolume("/", "@rootfs"))))
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("a btrfs on 2 devices")
        .hasMessageContaining("isolation vm");
  }

  private static Filesystem subvolume(String mountPoint, String name) {
    return new Filesystem(mountPoint, "/dev/sda1", 1 << 20, 200 << 20, "btrfs", UUID, "", "", name);
  }

  private static DiskLayout layout(Filesystem... filesystems) {
    return new DiskLayout(Firmware.BIOS, List.of(filesystems));
  }

  private void assertServicedAtOnce(Path base, DiskLayout layout) throws Exception {
    Path first = overlay(base, "first");
    Path second = overlay(base, "second");
    try (Guest one = open(first, layout);
        Guest other = open(second, layout)) {
      one.write("/etc/file", "one".getBytes(UTF_8), 0644);
      other.write("/etc/file", "other".getBytes(UTF_8), 0644);
      one.run("sync");
      assertThat(one.read("/etc/file")).asString().isEqualTo("one");
      assertThat(other.read("/etc/file")).asString().isEqualTo("other");
    }
    try (Guest one = open(first, layout)) {
      assertThat(one.read("/etc/file")).asString().isEqualTo("one");
    }
    try (Guest other = open(second, layout)) {
      assertThat(other.read("/etc/file")).asString().isEqualTo("other");
    }
  }

  /** Since Linux 6.7 (commit a5b8a5f9f835). */
  private static boolean kernelTellsCopiesApart() throws Exception {
    return Files.exists(Path.of("/sys/fs/btrfs/features/temp_fsid"));
  }

  private Path base(Path raw) throws Exception {
    Path base = directory.resolve("base.qcow2");
    run("qemu-img", "convert", "-fraw", "-Oqcow2", raw.toString(), base.toString());
    return base;
  }

  private Path overlay(Path base, String name) throws Exception {
    Path overlay = directory.resolve(name + ".qcow2");
    QemuImg.createOverlay(base, overlay);
    return overlay;
  }

  private Guest open(Path overlay, DiskLayout layout) throws Exception {
    return SmallGuest.open(overlay, layout, Files.createTempDirectory(directory, "guest"));
  }

  private static String loop(Path file) throws Exception {
    return Program.of("losetup", "-f", "--show", file.toString()).run().strip();
  }

  private static String digest(Path file) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
  }

  private static void run(String... command) throws Exception {
    var _ = Program.of(command).run();
  }
}
