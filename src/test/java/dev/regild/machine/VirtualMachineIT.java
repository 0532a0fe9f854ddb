package dev.regild.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Boot sectors of a few bytes, booted by the real QEMU under emulation. */
@Timeout(1200)
class VirtualMachineIT {
  /** mov dx, 0x604; mov ax, 0x2000; out dx, ax: QEMU's ACPI goes to S5. */
  private static final String POWER_OFF = "ba0406b80020ef";

  /** hlt; jmp to it. */
  private static final String STAY = "f4ebfd";

  @TempDir Path directory;

  @Test
  void aMachineThatPowersOffLeavesItsConsole() throws Exception {
    VirtualMachine.Run run =
        machine("hello\u001b[31m\r\nred\u0000", POWER_OFF + STAY).run(limit(60));
    assertThat(run.console()).endsWith("hello\nred");
    assertThat(run.report()).isEmpty();
    MachineProcesses.assertNoneOfOurs();
  }

  @Test
  void aMachineThatStaysIsKilledAtTheLimit() throws Exception {
    VirtualMachine machine = machine("waiting for nothing\u0000", STAY);
    assertThatThrownBy(() -> machine.run(limit(8)))
        .isInstanceOf(VirtualMachineException.class)
        .hasMessageContaining("did not power itself off within 8 s")
        .hasMessageEndingWith("waiting for nothing");
    MachineProcesses.assertNoneOfOurs();
  }

  @Test
  void aMachineCanBeAborted() throws Exception {
    VirtualMachine machine = machine("here\u0000", STAY);
    AtomicReference<Throwable> outcome = new AtomicReference<>();
    Thread runner =
        Thread.ofPlatform()
            .start(() -> {
              try {
                var _ = machine.run(limit(1100));
              } catch (Exception e) {
                outcome.set(e);
              }
            });
    while (!machine.console().contains("here")) {
      assertThat(runner.isAlive()).isTrue();
      Thread.sleep(50);
    }
    machine.abort();
    runner.join();
    assertThat(outcome.get())
        .isInstanceOf(VirtualMachineException.class)
        .hasMessageContaining("was told to stop");
    MachineProcesses.assertNoneOfOurs();
  }

  @Test
  void aDiskThatQemuCannotOpenIsReported() throws Exception {
    VirtualMachine machine =
        new VirtualMachine(spec(Files.writeString(directory.resolve("no,disk"), "x")));
    assertThatThrownBy(() -> machine.run(limit(60)))
        .isInstanceOf(VirtualMachineException.class)
        .hasMessageContaining("QEMU exited with status 1")
        .hasMessageContaining("qcow2");
  }

  /**
   * Without one of these, a system that is built for x86-64-v3 ends with an illegal instruction.
   */
  @Test
  void anEmulatedProcessorHasAllOfX8664V3() throws Exception {
    List<String> required =
        List.of(
            "cx16", "lahf_lm", "popcnt", "sse4.1", "sse4.2", "ssse3", "avx", "avx2", "bmi1", "bmi2",
            "f16c", "fma", "abm", "movbe", "xsave");
    assertThat(features(required)).hasSize(required.size()).doesNotContain(false);
    assertThat(features(List.of("erms", "smap", "svm", "aes"))).hasSize(4).doesNotContain(true);
  }

  /** What QEMU itself says of the first processor of a machine for Linux. */
  private static List<Boolean> features(List<String> names) throws Exception {
    StringBuilder commands = new StringBuilder("{\"execute\": \"qmp_capabilities\"}\n");
    names.forEach(name ->
        commands.append(
            ("{\"execute\": \"qom-get\", \"arguments\": {\"path\":"
                    + " \"/machine/unattached/device[0]\", \"property\": \"%s\"}}\n")
                .formatted(name)));
    commands.append("{\"execute\": \"quit\"}\n");
    Process qemu =
        new ProcessBuilder(
                QemuCommand.QEMU,
                "-nodefaults",
                "-display",
                "none",
                "-S",
                "-machine",
                "q35",
                "-accel",
                "tcg",
                "-cpu",
                QemuCommand.linuxProcessor(Accelerator.TCG),
                "-qmp",
                "stdio")
            .redirectErrorStream(true)
            .start();
    try (var input = qemu.outputWriter(StandardCharsets.US_ASCII)) {
      input.write(commands.toString());
    }
    String answers = new String(qemu.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    return answers
        .lines()
        .filter(line -> line.contains("\"return\": true") || line.contains("\"return\": false"))
        .map(line -> line.contains("true"))
        .toList();
  }

  @Test
  void aMachineDiesWithItsJvm() throws Exception {
    Path disk = disk("here\u0000", STAY);
    MachineProcesses.assertEndWithTheirJvm(
        Booter.class, List.of(disk, directory), QemuCommand.escaped(disk), 1);
  }

  /** A process of its own that boots a machine, says so, and never ends. */
  static final class Booter {
    private Booter() {}

    public static void main(String[] args) throws Exception {
      VirtualMachine machine = new VirtualMachine(spec(Path.of(args[0]), Path.of(args[1])));
      Thread.ofPlatform()
          .start(() -> {
            try {
              while (!machine.console().contains("here")) {
                Thread.sleep(50);
              }
              System.out.println("up");
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          });
      var _ = machine.run(limit(300));
    }
  }

  private VirtualMachine machine(String greeting, String thenDo) throws Exception {
    return new VirtualMachine(spec(disk(greeting, thenDo)));
  }

  private MachineSpec spec(Path disk) {
    return spec(disk, directory);
  }

  private static MachineSpec spec(Path disk, Path directory) {
    return new MachineSpec(
        disk,
        List.of(),
        new MachineSpec.Hardware(false, DiskBus.VIRTIO, false),
        64,
        1,
        Accelerator.TCG,
        directory);
  }

  /** A qcow2 with a boot sector that writes the greeting to the serial port, then does more. */
  private Path disk(String greeting, String thenDo) throws Exception {
    ByteArrayOutputStream sector = new ByteArrayOutputStream();
    // cli; xor ax, ax; mov ds, ax; mov si, 0x7c80; mov dx, 0x3f8
    // next: lodsb; test al, al; jz done; out dx, al; jmp next; done:
    sector.writeBytes(HexFormat.of().parseHex("fa31c08ed8be807cbaf803ac84c07403eeebf8" + thenDo));
    sector.writeBytes(new byte[0x80 - sector.size()]);
    sector.writeBytes(greeting.getBytes(StandardCharsets.US_ASCII));
    sector.writeBytes(new byte[510 - sector.size()]);
    sector.writeBytes(new byte[] {0x55, (byte) 0xaa});
    // SeaBIOS reads no virtio disk that ends with the boot sector.
    sector.writeBytes(new byte[(1 << 20) - 512]);
    Path raw = Files.write(directory.resolve("sector.raw"), sector.toByteArray());
    Path disk = directory.resolve("disk, of a machine.qcow2");
    var _ =
        Program.of(
                "qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw.toString(), disk.toString())
            .run();
    return disk;
  }

  private static Duration limit(int seconds) {
    return Duration.ofSeconds(seconds);
  }
}
