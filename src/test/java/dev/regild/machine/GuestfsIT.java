package dev.regild.machine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.Processes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real appliance, under emulation: it works everywhere. */
class GuestfsIT {
  private static final Duration LAUNCH = Duration.ofMinutes(10);

  @TempDir Path directory;
  private Path disk;

  @BeforeEach
  void makeDisk() throws Exception {
    disk = directory.resolve("disk.qcow2");
    var _ = Program.of("qemu-img", "create", "-q", "-f", "qcow2", disk.toString(), "64M").run();
  }

  @Test
  void aFilesystemIsMadeFilledAndReadAgain() throws Exception {
    Path canary = Files.writeString(directory.resolve("canary"), "a secret of the server");
    try (Guestfs guestfs = launched(false)) {
      MachineProcesses.assertConfined(directory.toString(), canary);
      assertLauncherIsOutOfReach(guestfs.pid());
      guestfs.partition("/dev/sda", "gpt");
      guestfs.makeFilesystem("ext4", "/dev/sda1");
      assertThat(guestfs.listDevices()).containsExactly("/dev/sda");
      assertThat(guestfs.listPartitions()).containsExactly("/dev/sda1");
      assertThat(guestfs.listFilesystems()).containsEntry("/dev/sda1", "ext4");
      assertThat(guestfs.partitionTableType("/dev/sda")).isEqualTo("gpt");
      assertThat(guestfs.deviceSize("/dev/sda")).isEqualTo(64L << 20);
      assertThat(guestfs.partitions("/dev/sda"))
          .singleElement()
          .satisfies(partition -> {
            assertThat(partition.number()).isEqualTo(1);
            assertThat(partition.start()).isPositive().isLessThan(2 << 20);
            assertThat(partition.size()).isBetween(60L << 20, 64L << 20);
          });
      assertThat(guestfs.deviceOf("/dev/sda1")).isEqualTo("/dev/sda");
      assertThat(guestfs.partitionNumber("/dev/sda1")).isEqualTo(1);
      assertThat(guestfs.gptType("/dev/sda", 1)).hasSize(36);
      assertThat(guestfs.gptGuid("/dev/sda", 1)).hasSize(36);
      assertThat(guestfs.filesystemType("/dev/sda1")).isEqualTo("ext4");
      assertThat(guestfs.filesystemUuid("/dev/sda1")).hasSize(36);
      assertThat(guestfs.filesystemLabel("/dev/sda1")).isEmpty();
      assertThat(guestfs.isLogicalVolume("/dev/sda1")).isFalse();
      assertThat(guestfs.inspectOs()).isEmpty();

      guestfs.mount("/dev/sda1", "/");
      guestfs.makeDirectories("/a/b");
      byte[] content = new byte[] {0, 1, 2, (byte) 0xff};
      guestfs.write("/a/b/bytes", content);
      guestfs.changeMode("/a/b/bytes", 0600);
      assertThat(guestfs.readFile("/a/b/bytes")).isEqualTo(content);
      assertThat(guestfs.isFile("/a/b/bytes")).isTrue();
      assertThat(guestfs.isDirectory("/a/b")).isTrue();
      assertThat(guestfs.exists("/a/c")).isFalse();

      guestfs.unpack(tar("one", "first"), "/a");
      assertThat(guestfs.readFile("/a/one")).isEqualTo("first".getBytes(UTF_8));
      Path up = Files.writeString(directory.resolve("up"), "up and down");
      guestfs.upload(up, "/a/up");
      guestfs.download("/a/up", directory.resolve("down"), 1 << 20);
      assertThat(directory.resolve("down")).hasContent("up and down");
      assertThatThrownBy(() -> guestfs.download("/a/up", directory.resolve("large"), 3))
          .hasMessage("/a/up has 11 bytes; the limit is 3");
      assertThatThrownBy(() -> guestfs.download("/a", directory.resolve("none"), 1 << 20))
          .hasMessage("/a is not a regular file");
      assertThat(directory.resolve("large")).doesNotExist();
      guestfs.removeFile("/a/up");
      guestfs.removeTree("/a/b");
      assertThat(guestfs.exists("/a/up") || guestfs.exists("/a/b")).isFalse();

      // There is no system on this disk whose program could be run.
      assertThatThrownBy(() -> guestfs.command(List.of("/bin/true", "x"), Duration.ofSeconds(30)))
          .isInstanceOf(GuestfsException.class)
          .hasMessageContaining("/bin/true");
      assertThatThrownBy(() -> guestfs.readFile("/nothing"))
          .isInstanceOf(GuestfsException.class)
          .hasMessageContaining("/nothing: No such file or directory");

      guestfs.trim("/");
      guestfs.sync();
      guestfs.unmountAll();
      guestfs.shutdown();
    }
    // QEMU itself was told to end, and has written what it held back of the disk.
    assertThat(Program.of("qemu-img", "check", disk.toString()).run())
        .contains("No errors were found");
    assertNothingIsLeft();
  }

  /** What starts QEMU runs outside the sandbox, and kills the process that its file names. */
  private static void assertLauncherIsOutOfReach(long launched) throws Exception {
    String[] words = Files.readString(Path.of("/proc/" + launched + "/cmdline")).split("\0", -1);
    Path program =
        Stream.of(words).filter(w -> w.endsWith("/qemu")).map(Path::of).findFirst().get();
    String pid = Files.readString(program.resolveSibling("qemu.pid"));
    long qemu = Long.parseLong(pid.replaceAll("(?s).*\"child-pid\": (\\d+).*", "$1"));
    Path proc = Path.of("/proc/" + qemu);
    assertThat(Files.readString(proc.resolve("cmdline"))).contains("qemu-system-x86_64");
    assertThat(Path.of(proc.resolve("root") + program.toString())).doesNotExist();
    assertThat(Path.of(proc.resolve("root") + program.getParent().toString())).doesNotExist();
    try (Stream<Path> descriptors = Files.list(proc.resolve("fd"))) {
      for (Path descriptor : descriptors.toList()) {
        assertThat(Files.readSymbolicLink(descriptor).toString()).doesNotContain("qemu.pid");
      }
    }
  }

  /** A disk that names a file of the host as what it stands on, and that no check has seen. */
  @Test
  void aDiskCantMakeTheApplianceOpenAnotherFile() throws Exception {
    Path canary = Files.write(directory.resolve("canary.raw"), new byte[1 << 20]);
    Path named = directory.resolve("named.qcow2");
    Program.of(
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-F",
            "raw",
            "-b",
            canary.toString(),
            named.toString())
        .run();
    try (Guestfs guestfs = Guestfs.create(Accelerator.TCG, directory)) {
      assertThatThrownBy(() -> guestfs.addDrive(named, "qcow2", true))
          .isInstanceOf(GuestfsException.class)
          .hasMessageContaining("canary.raw")
          .hasMessageContaining("No such file");
    }
    try (Guestfs guestfs = Guestfs.create(Accelerator.TCG, directory)) {
      guestfs.addDrive(named, "qcow2", false);
      assertThatThrownBy(() -> guestfs.launch(LAUNCH)).isInstanceOf(GuestfsException.class);
    }
    assertNothingIsLeft();
  }

  @Test
  void anAbortEndsABlockedCall() throws Exception {
    Guestfs guestfs = launched(true);
    assertThat(ProcessHandle.of(guestfs.pid())).isPresent();
    // It never ends by itself.
    AtomicReference<Throwable> outcome = new AtomicReference<>();
    Thread caller = caller(outcome, () -> guestfs.upload(Path.of("/dev/zero"), "/dev/sdb"));
    Thread.sleep(1500);
    assertThat(caller.isAlive()).as("the call under way").isTrue();
    guestfs.abort();
    caller.join();
    assertThat(outcome.get())
        .isInstanceOf(GuestfsException.class)
        .hasMessageContaining("was aborted");
    guestfs.close();
    guestfs.close();
    assertThatThrownBy(guestfs::sync).isInstanceOf(GuestfsException.class);
    assertNothingIsLeft();
  }

  @Test
  void anAbortEndsALaunch() throws Exception {
    Guestfs guestfs = Guestfs.create(Accelerator.TCG, directory);
    guestfs.addDrive(disk, "qcow2", true);
    AtomicReference<Throwable> outcome = new AtomicReference<>();
    Thread caller = caller(outcome, () -> guestfs.launch(LAUNCH));
    while (machines().isEmpty()) {
      assertThat(caller.isAlive()).as("the launch under way").isTrue();
      Thread.sleep(20);
    }
    guestfs.abort();
    caller.join();
    assertThat(outcome.get())
        .isInstanceOf(GuestfsException.class)
        .hasMessageContaining("was told to stop");
    guestfs.close();
    assertNothingIsLeft();
  }

  @Test
  void aLaunchOutOfTimeIsGivenUp() throws Exception {
    try (Guestfs guestfs = Guestfs.create(Accelerator.TCG, directory)) {
      guestfs.addDrive(disk, "qcow2", true);
      assertThatThrownBy(() -> guestfs.launch(Duration.ofSeconds(1)))
          .isInstanceOf(GuestfsException.class)
          .hasMessageContaining(
              "the appliance did not start within 1 s; raise appliance.start-limit");
    }
    assertNothingIsLeft();
  }

  @Test
  void anApplianceDiesWithItsJvm() throws Exception {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Launcher.class.getName(),
                disk.toString(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String pid;
    try (var reader = jvm.inputReader()) {
      pid = reader.readLine();
      jvm.destroyForcibly().waitFor();
    }
    Instant end = Instant.now().plusSeconds(120);
    while (Processes.isRunning(Long.parseLong(pid)) && Instant.now().isBefore(end)) {
      Thread.sleep(100);
    }
    assertThat(Processes.isRunning(Long.parseLong(pid))).isFalse();
  }

  /** A process of its own that launches an appliance, prints its QEMU's id and never ends. */
  static final class Launcher {
    private Launcher() {}

    public static void main(String[] args) throws Exception {
      Guestfs guestfs = Guestfs.create(Accelerator.TCG, Path.of(args[1]));
      guestfs.addDrive(Path.of(args[0]), "qcow2", true);
      guestfs.launch(LAUNCH);
      System.out.println(guestfs.pid());
      Thread.sleep(Duration.ofMinutes(5));
    }
  }

  private Guestfs launched(boolean withScratch) throws GuestfsException {
    Guestfs guestfs = Guestfs.create(Accelerator.TCG, directory);
    guestfs.addDrive(disk, "qcow2", false);
    if (withScratch) {
      guestfs.addScratchDrive(1L << 40);
    }
    guestfs.launch(LAUNCH);
    return guestfs;
  }

  private Path tar(String name, String content) throws Exception {
    Files.writeString(directory.resolve(name), content);
    Path tar = directory.resolve("files.tar");
    var _ = Program.of("tar", "-cf", tar.toString(), "-C", directory.toString(), "--", name).run();
    return tar;
  }

  private static Thread caller(AtomicReference<Throwable> outcome, Call call) {
    return Thread.ofPlatform()
        .start(() -> {
          try {
            call.run();
          } catch (GuestfsException e) {
            outcome.set(e);
          }
        });
  }

  private void assertNothingIsLeft() throws Exception {
    assertThat(machines()).isEmpty();
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.filter(file -> file.getFileName().toString().startsWith("appliance-")))
          .isEmpty();
    }
  }

  /** Those of this process. */
  private static List<ProcessHandle> machines() {
    return ProcessHandle.current()
        .descendants()
        .filter(p -> p.info().command().orElse("").contains("qemu"))
        .toList();
  }

  private interface Call {
    void run() throws GuestfsException;
  }
}
