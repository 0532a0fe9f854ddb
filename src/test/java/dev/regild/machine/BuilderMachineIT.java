package dev.regild.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.demo.GoldenImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A small Linux with the real QEMU guest agent, in real machines under emulation. */
@Timeout(600)
class BuilderMachineIT {
  private static final Duration START = Duration.ofMinutes(4);
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final MachineSpec.Hardware USUAL =
      new MachineSpec.Hardware(false, DiskBus.VIRTIO, false);

  @TempDir static Path shared;
  private static Path disk;

  @TempDir Path directory;

  @BeforeAll
  static void makeGuest() throws Exception {
    disk = SmallGuest.disk(GoldenImage.defaultCache(System.getenv()), shared);
  }

  @Test
  void aGuestIsDrivenThroughARestartUntilItShutsDown() throws Exception {
    MachineSpec.Hardware hardware = new MachineSpec.Hardware(true, DiskBus.SATA, true);
    try (BuilderMachine machine =
        new BuilderMachine(spec(hardware, directory), Optional.of(cd()))) {
      machine.start();
      assertThat(machine.agent().await(START)).isTrue();
      assertThat(shell(machine, "cat /cd/hello.txt")).isEqualTo("from the CD");
      assertThat(shell(machine, "ls /sys/class/net")).isEqualTo("lo");
      assertThat(shell(machine, "cat /sys/class/tpm/tpm0/tpm_version_major")).isEqualTo("2");
      assertThat(shell(machine, "ls /sys/firmware")).contains("efi");
      assertThat(shell(machine, "ls /sys/block")).contains("sda").doesNotContain("vda");
      assertThat(shell(machine, "echo x >/dev/sr0 || echo refused")).contains("refused");
      assertThat(machine.agent().run(List.of("sh", "-c", "exit 7"), LIMIT).exitCode()).isEqualTo(7);

      long before = machine.restarts();
      machine.agent().shutDown(GuestAgent.Shutdown.RESTART);
      Deadline deadline = Deadline.in(LIMIT);
      while (machine.restarts() == before) {
        assertThat(deadline.isOver()).isFalse();
        Thread.sleep(100);
      }
      assertThat(machine.agent().await(START)).isTrue();
      assertThat(shell(machine, "cat /cd/hello.txt")).isEqualTo("from the CD");

      machine.agent().shutDown(GuestAgent.Shutdown.POWER_OFF);
      assertThat(machine.awaitOff(LIMIT)).isTrue();
      assertThat(machine.console()).contains("the small guest is up");
    }
    assertNothingRuns();
  }

  @Test
  void aGuestWithABiosAndAVirtioDiskIsAbortedAtOnce() throws Exception {
    // Deeper than a socket's path may be.
    Path deep = Files.createDirectories(directory.resolve("d".repeat(60)).resolve("e".repeat(60)));
    try (BuilderMachine machine = new BuilderMachine(spec(USUAL, deep), Optional.empty())) {
      machine.start();
      assertThat(machine.agent().await(START)).isTrue();
      assertThat(shell(machine, "ls /sys/block")).contains("vda");
      assertThat(shell(machine, "ls /sys/firmware /sys/class/tpm")).doesNotContain("efi", "tpm0");
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(deep.resolve("qemu-sockets"))))
          .isEqualTo("rwx------");
      Thread aborter =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  Thread.sleep(1000);
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
                machine.abort();
              });
      Instant start = Instant.now();
      assertThatThrownBy(() -> machine.agent().run(List.of("sleep", "1000"), START))
          .isInstanceOf(GuestAgentException.class);
      assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(5));
      aborter.join();
      assertThatThrownBy(machine::restarts)
          .isInstanceOf(VirtualMachineException.class)
          .hasMessageContaining("was told to stop");
    }
    assertNothingRuns();
  }

  @Test
  void aMachineAndItsTpmDieWithTheirJvm() throws Exception {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Booter.class.getName(),
                disk.toString(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var reader = jvm.inputReader()) {
      assertThat(reader.readLine()).isEqualTo("up");
    }
    assertThat(programsOf(directory)).isGreaterThanOrEqualTo(2);
    // On Linux, this is SIGKILL.
    jvm.destroyForcibly().waitFor();
    Instant end = Instant.now().plusSeconds(5);
    while (programsOf(directory) > 0 && Instant.now().isBefore(end)) {
      Thread.sleep(50);
    }
    assertThat(programsOf(directory)).isZero();
  }

  /** A process of its own that starts a machine, says so, and never ends. */
  static final class Booter {
    private Booter() {}

    public static void main(String[] args) throws Exception {
      disk = Path.of(args[0]);
      MachineSpec.Hardware hardware = new MachineSpec.Hardware(false, DiskBus.VIRTIO, true);
      BuilderMachine machine =
          new BuilderMachine(spec(hardware, Path.of(args[1])), Optional.empty());
      machine.start();
      System.out.println("up");
      Thread.sleep(Duration.ofHours(1));
    }
  }

  private static String shell(BuilderMachine machine, String script) throws Exception {
    return machine.agent().run(List.of("sh", "-c", script), LIMIT).output().replaceFirst("\n$", "");
  }

  private static MachineSpec spec(MachineSpec.Hardware hardware, Path directory) throws Exception {
    Path overlay = directory.resolve("overlay.qcow2");
    var _ =
        Program.of(
                "qemu-img",
                "create",
                "-q",
                "-f",
                "qcow2",
                "-F",
                "qcow2",
                "-b",
                disk.toString(),
                overlay.toString())
            .run();
    return new MachineSpec(overlay, hardware, 512, 1, Accelerator.TCG, directory);
  }

  private Path cd() throws Exception {
    Path tree = Files.createDirectories(directory.resolve("cd"));
    Files.writeString(tree.resolve("hello.txt"), "from the CD");
    Path iso = directory.resolve("cd.iso");
    var _ =
        Program.of("xorrisofs", "-quiet", "-J", "-R", "-o", iso.toString(), tree.toString()).run();
    return iso;
  }

  private static long programsOf(Path directory) {
    return ProcessHandle.allProcesses()
        .filter(p -> {
          try {
            String command = Files.readString(Path.of("/proc/" + p.pid() + "/cmdline"));
            return command.contains(directory.toString())
                && (command.startsWith("qemu-system") || command.startsWith("swtpm"));
          } catch (IOException gone) {
            return false;
          }
        })
        .count();
  }

  private static void assertNothingRuns() {
    assertThat(
            ProcessHandle.current()
                .descendants()
                .filter(p -> p.info().command().orElse("").matches(".*(qemu-system|swtpm).*")))
        .isEmpty();
  }
}
