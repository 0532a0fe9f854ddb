package dev.regild.machine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
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

  /** Short: a guest that has reported powers off soon, and its screen is wanted before that. */
  private static final Duration WATCH = Duration.ofMillis(40);

  /** How a whole report ends; see qualification.sh. */
  private static final byte[] END = "\nend\n".getBytes(StandardCharsets.US_ASCII);

  private final MachineSpec spec;
  private final SerialConsole console = new SerialConsole();
  private volatile @Nullable RunningProgram running;
  private volatile boolean aborted;

  /**
   * What came of it.
   *
   * @param report what the guest wrote to {@link #REPORT_PORT}; up to 4 MiB
   * @param seen what was seen from outside; its console is the last 64 KiB
   */
  public record Run(String report, BootEvidence seen) {
    /** The last 64 KiB of the serial console, without control characters. */
    public String console() {
      return seen.console();
    }
  }

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
    Screen screen = Screen.in(spec.directory());
    try (SocketDirectory sockets = SocketDirectory.in(spec.directory(), "boot");
        TpmEmulator tpm = TpmEmulator.startFor(spec)) {
      Path monitor = sockets.socket("monitor");
      try (RunningProgram qemu = program(report, screen, monitor, tpm).startTied()) {
        running = qemu;
        long on = System.nanoTime();
        Thread reader = console.read(qemu);
        Duration took = watch(qemu, report, () -> screen.take(monitor), on, limit);
        reader.join(Duration.ofSeconds(5));
        return new Run(
            read(report), new BootEvidence(Instant.now(), took, console(), screen.png()));
      }
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

  /** What to do when the guest has reported. */
  @FunctionalInterface
  private interface Reported {
    void run() throws InterruptedException;
  }

  /** Returns how long it took until the guest had reported, or until it was off. */
  private Duration watch(
      RunningProgram qemu, Path report, Reported reported, long on, Duration limit)
      throws VirtualMachineException, InterruptedException {
    long deadline = on + limit.toNanos();
    long took = 0;
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
      if (took == 0 && isWhole(report)) {
        took = System.nanoTime() - on;
        reported.run();
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
    return Duration.ofNanos(took == 0 ? System.nanoTime() - on : took);
  }

  private Program program(Path report, Screen screen, Path monitor, TpmEmulator tpm)
      throws VirtualMachineException {
    return QemuCommand.linux(spec)
        .withoutRestarts()
        .tpm(tpm.socket())
        .screen(screen)
        .monitor(monitor)
        .portToFile(REPORT_PORT, report)
        .program();
  }

  /** Whether the guest has written the end of its report. */
  private static boolean isWhole(Path report) {
    try (SeekableByteChannel file = Files.newByteChannel(report)) {
      if (file.size() < END.length) {
        return false;
      }
      ByteBuffer end = ByteBuffer.allocate(END.length);
      file.position(file.size() - END.length);
      while (end.hasRemaining() && file.read(end) >= 0) {
        // A file hands out as much as it has.
      }
      return Arrays.equals(end.array(), END);
    } catch (IOException e) {
      return false;
    }
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
