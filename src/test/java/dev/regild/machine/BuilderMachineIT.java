package dev.regild.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.StandIn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** The Linux of the stand-in for Windows, with the real QEMU guest agent, in real machines. */
@EnabledIf("dev.regild.fixtures.StandIn#isAvailable")
@Timeout(1800)
class BuilderMachineIT {
  private static final Duration START = Duration.ofMinutes(4);
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private static final MachineSpec.Hardware USUAL =
      new MachineSpec.Hardware(false, DiskBus.VIRTIO, false);

  private static final String FROM_CD =
      "mount -t iso9660 -o ro /dev/sr0 /d && cat /d/hello.txt && umount /d";

  /** The classes of PCI devices that connect to a network. */
  private static final String NETWORK_CARDS = "grep -l ^0x02 /sys/bus/pci/devices/*/class | wc -l";

  @TempDir static Path shared;
  private static Path bios;

  @TempDir Path directory;

  @BeforeAll
  static void makeGuest() throws Exception {
    bios = StandIn.server2022().build(shared.resolve("guest, BIOS.qcow2"));
  }

  @Test
  void aGuestIsDrivenThroughARestartUntilItShutsDown() throws Exception {
    Path uefi = StandIn.server2022().uefi().build(directory.resolve("guest, UEFI.qcow2"));
    MachineSpec.Hardware hardware = new MachineSpec.Hardware(true, DiskBus.SATA, true);
    try (BuilderMachine machine =
        new BuilderMachine(spec(uefi, hardware, directory), Optional.of(cd()))) {
      machine.start();
      Path canary = Files.writeString(directory.resolve("canary"), "a secret of the server");
      MachineProcesses.assertConfined(directory.toString(), canary);
      assertThat(machine.agent().await(START)).isTrue();
      assertThat(shell(machine, FROM_CD)).isEqualTo("from the CD");
      assertThat(shell(machine, NETWORK_CARDS)).isEqualTo("0");
      assertThat(shell(machine, "cat /sys/class/tpm/tpm0/tpm_version_major")).isEqualTo("2");
      assertThat(shell(machine, "ls /sys/firmware")).contains("efi");
      assertThat(shell(machine, "ls /sys/block")).contains("sda").doesNotContain("vda");
      assertThat(shell(machine, "echo x >/dev/sr0 || echo refused")).contains("refused");
      assertThat(machine.agent().run(List.of("sh", "-c", "exit 7"), LIMIT).exitCode()).isEqualTo(7);

      assertThat(machine.screen().orElseThrow())
          .startsWith(new byte[] {(byte) 0x89, 'P', 'N', 'G'})
          .hasSizeLessThanOrEqualTo(BootEvidence.MOST_SCREEN_BYTES);

      long before = machine.restarts();
      machine.agent().shutDown(GuestAgent.Shutdown.RESTART);
      Deadline deadline = Deadline.in(LIMIT);
      while (machine.restarts() == before) {
        assertThat(deadline.isOver()).isFalse();
        Thread.sleep(100);
      }
      assertThat(machine.agent().await(START)).isTrue();
      assertThat(shell(machine, FROM_CD)).isEqualTo("from the CD");

      machine.agent().shutDown(GuestAgent.Shutdown.POWER_OFF);
      assertThat(machine.awaitOff(LIMIT)).isTrue();
      machine.pressPowerButton(); // as by somebody who did not yet know
      assertThat(machine.console()).contains("stand-in: started");
    }
    MachineProcesses.assertNoneOfOurs();
  }

  @Test
  void aGuestWithABiosAndAVirtioDiskIsAbortedAtOnce() throws Exception {
    // Deeper than a socket's path may be.
    Path deep = Files.createDirectories(directory.resolve("d".repeat(60)).resolve("e".repeat(60)));
    try (BuilderMachine machine = new BuilderMachine(spec(bios, USUAL, deep), Optional.empty())) {
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
      // Longer than the test may take.
      assertThatThrownBy(() -> machine.agent().run(List.of("sleep", "9000"), Duration.ofHours(1)))
          .isInstanceOf(GuestAgentException.class);
      aborter.join();
      assertThatThrownBy(machine::restarts)
          .isInstanceOf(VirtualMachineException.class)
          .hasMessageContaining("was told to stop");
    }
    MachineProcesses.assertNoneOfOurs();
  }

  @Test
  void aGuestThatSwitchesItsMachineOffIsNotWaitedFor() throws Exception {
    try (BuilderMachine machine =
        new BuilderMachine(spec(bios, USUAL, directory), Optional.empty())) {
      machine.start();
      assertThat(machine.agent().await(START)).isTrue();
      assertThatThrownBy(
              () -> machine.agent().run(List.of("sh", "-c", "poweroff -f; sleep 1000"), START))
          .isInstanceOf(GuestAgentException.class)
          .hasMessage("the guest agent's machine has stopped");
      assertThat(machine.awaitOff(LIMIT)).isTrue();
    }
  }

  @Test
  void aMachineAndItsTpmDieWithTheirJvm() throws Exception {
    MachineProcesses.assertEndWithTheirJvm(
        Booter.class, List.of(bios, directory), directory.toString(), 2);
  }

  /** A process of its own that starts a machine, says so, and never ends. */
  static final class Booter {
    private Booter() {}

    public static void main(String[] args) throws Exception {
      MachineSpec.Hardware hardware = new MachineSpec.Hardware(false, DiskBus.VIRTIO, true);
      BuilderMachine machine =
          new BuilderMachine(spec(Path.of(args[0]), hardware, Path.of(args[1])), Optional.empty());
      machine.start();
      System.out.println("up");
      Thread.sleep(Duration.ofHours(1));
    }
  }

  private static String shell(BuilderMachine machine, String script) throws Exception {
    return machine.agent().run(List.of("sh", "-c", script), LIMIT).output().replaceFirst("\n$", "");
  }

  private static MachineSpec spec(Path disk, MachineSpec.Hardware hardware, Path directory)
      throws Exception {
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
    return new MachineSpec(overlay, List.of(disk), hardware, 512, 1, Accelerator.TCG, directory);
  }

  private Path cd() throws Exception {
    Path tree = Files.createDirectories(directory.resolve("cd"));
    Files.writeString(tree.resolve("hello.txt"), "from the CD");
    Path iso = directory.resolve("cd.iso");
    var _ =
        Program.of("xorrisofs", "-quiet", "-J", "-R", "-o", iso.toString(), tree.toString()).run();
    return iso;
  }
}
