package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.files.CurrentUser;
import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.HostTools;
import dev.regild.inventory.DiskLayout;
import dev.regild.machine.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A disk in a namespace, in the role of a program on it that means harm: it finds no way by a path
 * to a file of the host, which is a canary of the test's own.
 */
@EnabledIf("canRun")
class NamespaceGuestIT {
  private static final Duration MOMENT = Duration.ofMinutes(3);
  private static final String KEPT = "kept\n".repeat(2000).substring(0, 8192);

  @TempDir static Path disks;
  private static Path base;

  @TempDir Path directory;
  private Path overlay;
  private Path canary;

  static boolean canRun() {
    return Fixtures.imagesAreAvailable()
        && HostTools.areInstalled("bwrap", "qemu-storage-daemon", "mke2fs", "python3");
  }

  @BeforeAll
  static void makeTheDisk() throws Exception {
    base = SmallGuest.make(disks);
  }

  @BeforeEach
  void placeTheCanary() throws Exception {
    overlay = directory.resolve("overlay.qcow2");
    QemuImg.createOverlay(base, overlay);
    canary = Files.createDirectory(directory.resolve("canary"));
    Files.writeString(canary.resolve("file"), "alive");
    Files.setLastModifiedTime(canary, FileTime.fromMillis(0));
  }

  @AfterEach
  void theCanaryIsAliveAndNothingIsLeft() throws Exception {
    try (Stream<Path> files = Files.list(canary)) {
      assertThat(files).containsExactly(canary.resolve("file"));
    }
    assertThat(canary.resolve("file")).hasContent("alive");
    assertThat(Files.getLastModifiedTime(canary)).isEqualTo(FileTime.fromMillis(0));
    // The kernel detaches a device once the last of its users is gone.
    for (int n = 0; n < 1200 && !loopsBelow(directory).isEmpty(); n++) {
      Thread.sleep(100);
    }
    assertThat(loopsBelow(directory)).isEmpty();
  }

  private static List<String> loopsBelow(Path directory) throws IOException {
    return devicesBelow(directory).stream().map(NamespaceGuestIT::backing).toList();
  }

  private static List<Path> devicesBelow(Path directory) throws IOException {
    try (Stream<Path> devices = Files.list(Path.of("/sys/block"))) {
      return devices.filter(device -> backing(device).contains(directory.toString())).toList();
    }
  }

  private static String backing(Path device) {
    try {
      return Files.readString(device.resolve("loop/backing_file"));
    } catch (IOException gone) {
      return "";
    }
  }

  private Guest open() throws GuestException {
    return open(SmallGuest.layout());
  }

  private Guest open(DiskLayout layout) throws GuestException {
    return SmallGuest.open(overlay, layout, directory.resolve("guest"));
  }

  @Test
  void whatIsHandedOverComesBackAndIsOnTheDiskWhenItIsOpenedAgain() throws Exception {
    byte[] content = new byte[3 << 20];
    content[1] = 1;
    Path handed = Files.createDirectory(directory.resolve("handed"));
    Files.write(handed.resolve("a.deb"), content);
    Files.createSymbolicLink(handed.resolve("b.deb"), handed.resolve("a.deb"));
    try (Guest guest = open()) {
      guest.upload(handed, "packages");
      guest.write("/etc/written", "text".getBytes(UTF_8), 0640);
      assertThat(guest.run("stat", "-c", "%a %u %s", "/etc/written").strip()).isEqualTo("640 0 4");
      assertThat(guest.run("ls", "/run/regild/packages").lines()).containsExactly("a.deb", "b.deb");
      guest.run("cp", "/run/regild/packages/b.deb", "/etc/large");
      assertThat(guest.read("/etc/large")).isEqualTo(content);
      assertThat(guest.exists("/etc/written")).isTrue();
      assertThat(guest.exists("/etc/absent")).isFalse();
      guest.trim();
      assertThat(loopsBelow(directory)).as("of the disk and the scratch disk").hasSize(2);
    }
    try (Guest guest = open()) {
      assertThat(guest.read("/etc/written")).asString().isEqualTo("text");
      assertThat(guest.run("ls", "/run/regild")).isEmpty();
    }
  }

  /** Half of the files are deleted after they were written: their blocks lie between those kept. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatWasDeletedIsNoLongerInTheLayerOnceTheDiskIsTrimmed(boolean trimmed) throws Exception {
    String files = "for n in 0 1 2 3 4 5 6 7 8 9; do ";
    try (Guest guest = open()) {
      installs(
          guest,
          files
              + "yes kept | dd bs=4k count=2 of=/etc/kept$n iflag=fullblock; "
              + "yes garbage | dd bs=4k count=2 of=/etc/gone$n iflag=fullblock; done");
      // What a program that installs has changed is written before the next one ends.
      installs(guest, "true");
      installs(guest, files + "rm /etc/gone$n; done");
      if (trimmed) {
        guest.trim();
      }
    }
    Path raw = directory.resolve("content.raw");
    QemuImg.convert(overlay, DiskFormat.QCOW2, raw, DiskFormat.RAW, part -> {});
    String content = Files.readString(raw, ISO_8859_1);
    assertThat(content.contains("kept\nkept\n")).isTrue();
    assertThat(content.contains("garbage\ngarbage\n")).isEqualTo(!trimmed);
    try (Guest guest = open()) {
      for (int n = 0; n < 10; n++) {
        assertThat(guest.read("/etc/kept" + n)).asString().isEqualTo(KEPT);
      }
    }
  }

  private static void installs(Guest guest, String commands) throws GuestException {
    guest.install(List.of("sh", "-c", commands), MOMENT, line -> {});
  }

  @Test
  void whereTheHostReadsAndWritesTheGuestCanLayNoLinkAndNoPipe() throws Exception {
    Path handed = Files.createDirectory(directory.resolve("handed"));
    Files.writeString(handed.resolve("file"), "from the host");
    try (Guest guest = open()) {
      for (String name : List.of("read", "write", "staging")) {
        guest.run("ln", "-s", canary + "/file", Guest.WORKSPACE + "/" + name);
      }
      guest.run("ln", "-s", canary.toString(), "/run/regild/packages");
      guest.run("ln", "-s", canary.toString(), "/run/regild/list");
      guest.run("mkfifo", "/run/regild/pipe");

      guest.write("/etc/file", "new".getBytes(UTF_8), 0644);
      assertThat(guest.read("/etc/file")).asString().isEqualTo("new");
      assertThatThrownBy(() -> guest.upload(handed, "packages")).isInstanceOf(GuestException.class);
      assertThatThrownBy(() -> guest.read("/run/regild/read"))
          .hasMessageContaining("is not a regular file");
      assertThatThrownBy(() -> guest.read("/run/regild/pipe"))
          .hasMessageContaining("is not a regular file");
      assertThatThrownBy(() -> guest.read("/dev/zero"))
          .hasMessageContaining("is not a regular file or exceeds 64 MiB");
    }
  }

  @Test
  void aFileOfTheGuestThatTurnsIntoAPipeOrALinkWhileItIsReadHoldsNobodyUp() throws Exception {
    try (Guest guest = open()) {
      guest.write(
          "/usr/bin/cat",
          "#!/bin/sh\nrm -f \"$2\"; ln -s %s/file \"$2\"; while read -r l; do echo \"$l\"; done <\"$2\"\n"
              .formatted(canary)
              .getBytes(UTF_8),
          0755);
      guest.write("/etc/file", "new".getBytes(UTF_8), 0644);
      assertThatThrownBy(() -> guest.read("/etc/file")).hasMessageContaining("No such file");
    }
  }

  @Test
  void theGuestCantChangeWhatItIsHanded() throws Exception {
    try (Guest guest = open()) {
      for (String command :
          List.of(
              "touch /run/regild-staging/x",
              "ln -s %s /run/regild-staging/write",
              "rm -r /run/regild-staging",
              "mv /run/regild-staging /run/other")) {
        assertThatThrownBy(() -> guest.run("sh", "-c", command.formatted(canary)))
            .as(command)
            .isInstanceOf(GuestException.class);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"var", "run", "tmp", "dev", "proc"})
  void aDirectoryOfTheSandboxThatIsALinkOnTheDiskLeadsNowhere(String name) throws Exception {
    Path disk = Files.createDirectory(directory.resolve("disk"));
    // As bubblewrap names the root that it comes from, and as the host does.
    for (String target : List.of("/oldroot" + canary, canary.toString())) {
      overlay =
          SmallGuest.make(
              Files.createDirectory(disk.resolve("of" + target.length())), name, target);
      try (Guest guest = open()) {
        assertThat(guest.run("id", "-u").strip()).isEqualTo("0");
      } catch (GuestException refused) {
        assertThat(refused).hasMessageContaining("bwrap");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/mnt/../../etc, ext4, does not mount",
    "mnt, ext4, does not mount",
    "//mnt, ext4, does not mount",
    "/mnt/, ext4, does not mount",
    "/absent, ext4, not a directory to mount on",
    "/bin, ext4, symbolic link",
    "/mnt/link/below, ext4, symbolic link",
    "/mnt, overlay, does not mount",
    "/mnt, proc, does not mount",
    "/mnt, none, does not mount",
    "/mnt, fuse, does not mount",
    "/, ext4, comes twice"
  })
  void aMountPointOrATypeThatIsNoneOfASystemsIsRefused(String point, String type, String because)
      throws Exception {
    try (Guest guest = open()) {
      guest.run("ln", "-s", canary.toString(), "/mnt/link");
    }
    assertThatThrownBy(() -> open(SmallGuest.layout(SmallGuest.filesystem(point, type))).close())
        .isInstanceOf(GuestException.class)
        .hasMessageContaining(because);
  }

  /** The number of a device that is nowhere. */
  @Test
  void aFileSystemWhoseJournalIsOnADeviceOfTheHostIsNotMounted() throws Exception {
    Path place = Files.createDirectory(directory.resolve("disk"));
    SmallGuest.make(place);
    Path raw = place.resolve("disk.raw");
    Program.of("debugfs", "-wR", "set_super_value journal_dev 0xfff", raw.toString()).run();
    Program.of("qemu-img", "convert", "-fraw", "-Oqcow2", raw.toString(), overlay.toString()).run();
    assertThatThrownBy(() -> open().close()).hasMessageContaining("journal on another device");
  }

  @Test
  void aSetUserIdFileOfTheGuestIsNowhereOnTheHost() throws Exception {
    try (Guest guest = open()) {
      guest.run(
          "sh",
          "-c",
          "cp /bin/sh /run/regild/sh; cp /bin/sh /var/tmp/sh; chmod 4755 /run/regild/sh"
              + " /var/tmp/sh");
      try (Stream<Path> files = Files.walk(directory)) {
        assertThat(files.map(Path::getFileName).map(Path::toString)).doesNotContain("sh");
      }
    }
  }

  @Test
  void aProgramIsKilledWhenItsTimeIsUpAndTheGuestGoesOn() throws Exception {
    try (Guest guest = open()) {
      assertThatThrownBy(
              () -> guest.run(List.of("sleep", "600"), Duration.ofSeconds(1), line -> {}))
          .hasMessageContaining("took longer than 1 s");
      assertThatThrownBy(() -> guest.run(List.of("yes"), MOMENT, line -> {}))
          .hasMessageContaining("wrote too much");
      assertThatThrownBy(() -> guest.run("sh", "-c", "echo out; echo why >&2; exit 3"))
          .hasMessageContaining("sh failed with status 3: why")
          .hasMessageContaining("out");
      assertThat(guest.run("id", "-u").strip()).isEqualTo("0");
    }
  }

  @Test
  void anUpdateThatHasNoRoomInTheGuestIsRefusedWithBothSizes() throws Exception {
    try (Guest guest = open()) {
      GuestRoom room = new GuestRoom(guest);
      room.require(new GuestRoom.Need(1 << 20, true, List.of()));
      assertThatThrownBy(() -> room.require(new GuestRoom.Need(200 << 20, true, List.of("bash"))))
          .isInstanceOf(GuestException.class)
          .hasMessageMatching("/ of the image is full: 204 MiB needed, [1-5]?\\d MiB free");
    }
  }

  /** A full file system would stop the server's database. */
  @ParameterizedTest
  @CsvSource({"overlay.qcow2, /etc/fill", "guest, /var/tmp/fill"})
  void aGuestIsEndedBeforeItFillsAFileSystemOfTheHost(String onSmall, String file)
      throws Exception {
    assumeTrue(CurrentUser.isRoot(), "only root mounts a small file system");
    Path small = Files.createDirectory(directory.resolve("small"));
    Program.of("mount", "-ttmpfs", "-osize=280m,mode=0700", "tmpfs", small.toString()).run();
    try {
      Path guests = (onSmall.equals("guest") ? small : directory).resolve("guest");
      if (!onSmall.equals("guest")) {
        overlay = small.resolve(onSmall);
        QemuImg.createOverlay(base, overlay);
      }
      Guest guest = SmallGuest.open(overlay, SmallGuest.layout(), guests);
      assertThatThrownBy(() ->
              guest.run(
                  "sh", "-c", "dd if=/dev/urandom of=$1 bs=1M oflag=direct; sleep 600", "sh", file))
          .isInstanceOf(GuestException.class)
          .hasMessageContaining("The guest was ended: the file system of " + small.resolve(onSmall))
          .hasMessageMatching("(?s).* has only \\d+ MiB free, but 256 MiB must stay free.*");
      assertThatThrownBy(guest::close).hasMessageContaining("must stay free");
    } finally {
      Program.of("umount", small.toString()).run();
    }
  }

  /** udev's rules would have root's programs of the host read the guest's file system. */
  @Test
  @EnabledIf("hasUdev")
  void udevKeepsAwayFromTheDevicesOfAGuest() throws Exception {
    String rule = Path.of("src/main/resources/dev/regild/servicing/10-regild.rules").toString();
    try (Guest guest = open()) {
      assertThat(guest.run("id", "-u").strip()).isEqualTo("0");
      List<Path> devices = devicesBelow(directory);
      assertThat(devices).as("of the disk and the scratch disk").hasSize(2);
      for (Path device : devices) {
        assertThat(udev(device, "")).contains("ID_FS_TYPE=ext4", "LINK 'disk/by-uuid/");
        assertThat(udev(device, rule))
            .contains("SYSTEMD_READY=0", "UDISKS_IGNORE=1")
            .doesNotContain("ID_FS_", "LINK 'disk/by-uuid/");
      }
    }
  }

  static boolean hasUdev() {
    return CurrentUser.isRoot() && HostTools.areInstalled("udevadm", "unshare");
  }

  /** What udev would do, in a /run and a /dev of its own. */
  private static String udev(Path device, String rule) throws Exception {
    return Program.of(
            "unshare",
            "--mount",
            "sh",
            "-ec",
            """
            number=$(cat "$1/dev")
            mount -t tmpfs tmpfs /run
            mount -t tmpfs tmpfs /dev
            mknod /dev/null c 1 3
            mknod "/dev/${1##*/}" b "${number%:*}" "${number#*:}"
            mkdir -p /run/udev/rules.d
            [ -z "$2" ] || cp "$2" /run/udev/rules.d/
            exec udevadm test --action=change "$1" 2>&1
            """,
            "sh",
            device.toString(),
            rule)
        .run();
  }

  /** Stopped by the user whose process it is, while the guest's kernel still has to write. */
  @Test
  void aStorageDaemonThatStopsAnsweringHoldsNobodyUp() throws Exception {
    Guest guest = open();
    List<ProcessHandle> all = ProcessHandle.current().descendants().toList();
    ProcessHandle daemon =
        all.stream()
            .filter(each -> each.info().command().orElse("").endsWith("qemu-storage-daemon"))
            .findFirst()
            .orElseThrow();
    guest.run("sh", "-c", "cat /usr/bin/* >/etc/large");
    Program.of("kill", "-STOP", String.valueOf(daemon.pid())).run();
    guest.abort();
    for (ProcessHandle each : all) {
      each.onExit().get(180, TimeUnit.SECONDS);
    }
  }

  @Test
  void anAbortEndsWhatRuns() throws Exception {
    Guest guest = open();
    CountDownLatch runs = new CountDownLatch(1);
    Thread aborting =
        Thread.ofVirtual()
            .start(() -> {
              try {
                assertThat(runs.await(180, TimeUnit.SECONDS)).isTrue();
                guest.abort();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    List<String> command = List.of("sh", "-c", "echo runs; sleep 600");
    assertThatThrownBy(() -> guest.run(command, Duration.ofMinutes(5), line -> runs.countDown()))
        .isInstanceOf(GuestException.class);
    aborting.join();
    assertThatThrownBy(() -> guest.run("id")).isInstanceOf(GuestException.class);
  }
}
