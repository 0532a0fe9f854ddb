package dev.regild.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One QEMU machine that boots a disk and is watched until it powers itself off. It has a virtio
 * disk, a serial console, a random number generator and a virtio-serial port to report on, {@value
 * #REPORT_PORT}; it never has a network. QEMU runs in its own seccomp sandbox and can't outlive us.
 */
public final class VirtualMachine {
  /** The name of the virtio-serial port: {@code /dev/virtio-ports/dev.regild.qualification}. */
  public static final String REPORT_PORT = "dev.regild.qualification";

  private static final long MAX_REPORT_BYTES = 4 << 20;
  private static final Duration WATCH = Duration.ofMillis(200);

  private final MachineSpec spec;
  private final SerialConsole console = new SerialConsole();
  private volatile @Nullable RunningProgram running;
  private volatile boolean aborted;

  /**
   * What came of it.
   *
   * @param report what the guest wrote to {@link #REPORT_PORT}; up to 4 MiB
   * @param console the last 64 KiB of the serial console, without control characters
   */
  public record Run(String report, String console) {}

  public VirtualMachine(MachineSpec spec) {
    this.spec = spec;
  }

  /**
   * Boots the machine and waits until it has powered itself off. A guest that wants to restart is
   * powered off too: an empty report tells the difference.
   *
   * @param limit after which it is killed
   * @throws VirtualMachineException if the time was up, QEMU failed, the guest wrote a report past
   *     all measure, or {@link #abort} was called; the message ends with the end of the console
   * @throws ProgramException if QEMU is not installed
   * @throws InterruptedException if our thread is interrupted; the machine is gone then
   */
  public Run run(Duration limit)
      throws VirtualMachineException, ProgramException, InterruptedException {
    Path report = emptyReport();
    try (TpmEmulator tpm = TpmEmulator.startFor(spec);
        RunningProgram qemu = program(report, tpm).startTied()) {
      running = qemu;
      Thread reader = console.read(qemu);
      watch(qemu, report, System.nanoTime() + limit.toNanos(), limit);
      reader.join(Duration.ofSeconds(5));
      return new Run(read(report), console());
    }
  }

  /** Ends the machine at once, from any thread; {@link #run} throws. */
  public void abort() {
    aborted = true;
    RunningProgram qemu = running;
    if (qemu != null) {
      qemu.close();
    }
  }

  /** The last 64 KiB of the serial console so far, without control characters. */
  String console() {
    return console.text();
  }

  /** It is there before QEMU is: QEMU's sandbox takes only what is there. */
  private Path emptyReport() throws VirtualMachineException {
    Path report = spec.directory().resolve("report");
    try {
      return Files.write(report, new byte[0]);
    } catch (IOException e) {
      throw new VirtualMachineException("cannot store the machine's report: " + report, e);
    }
  }

  private void watch(RunningProgram qemu, Path report, long deadline, Duration limit)
      throws VirtualMachineException, InterruptedException {
    boolean ended = false;
    while (!ended) {
      if (aborted) {
        throw console.failure("was told to stop");
      }
      if (System.nanoTime() > deadline) {
        throw console.failure("did not power itself off within " + limit.toSeconds() + " s");
      }
      if (size(report) > MAX_REPORT_BYTES) {
        throw console.failure("wrote a report of more than " + MAX_REPORT_BYTES + " bytes");
      }
      ended = qemu.waitFor(WATCH);
    }
    if (aborted) {
      throw console.failure("was told to stop");
    }
    if (qemu.exitStatus() != 0) {
      throw console.failure(
          "crashed; QEMU exited with status %d: %s".formatted(qemu.exitStatus(), qemu.errors()));
    }
  }

  private Program program(Path report, TpmEmulator tpm) throws VirtualMachineException {
    return QemuCommand.linux(spec)
        .withoutRestarts()
        .tpm(tpm.socket())
        .portToFile(REPORT_PORT, report)
        .program();
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException notYetThere) {
      return 0;
    }
  }

  private static String read(Path report) throws VirtualMachineException {
    try (var stream = Files.newInputStream(report)) {
      return new String(stream.readNBytes((int) MAX_REPORT_BYTES), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new VirtualMachineException("cannot read the machine's report: " + report, e);
    }
  }
}
