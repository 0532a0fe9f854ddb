package dev.regild.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** swtpm, a TPM 2.0 for one machine: its state is new, and it ends with the machine and with us. */
final class TpmEmulator implements AutoCloseable {
  private static final String SOCKET = "tpm";
  private static final Duration START = Duration.ofSeconds(10);

  /** Its state is some kilobytes; the guest's every command to a TPM is untrusted input. */
  private static final Program.Limits LIMITS =
      new Program.Limits(1L << 30, Duration.ofDays(2), OptionalLong.of(16L << 20));

  private final @Nullable SocketDirectory sockets;
  private final @Nullable RunningProgram running;

  private TpmEmulator(@Nullable SocketDirectory sockets, @Nullable RunningProgram running) {
    this.sockets = sockets;
    this.running = running;
  }

  /**
   * Starts one if the machine has a TPM.
   *
   * @throws ProgramException if swtpm is not installed
   * @throws VirtualMachineException if it doesn't start
   */
  static TpmEmulator startFor(MachineSpec spec)
      throws ProgramException, VirtualMachineException, InterruptedException {
    return spec.hardware().tpm() ? start(spec.directory()) : new TpmEmulator(null, null);
  }

  private static TpmEmulator start(Path machine)
      throws ProgramException, VirtualMachineException, InterruptedException {
    SocketDirectory sockets = SocketDirectory.in(machine, "tpm");
    RunningProgram running = null;
    try {
      Path state = Files.createDirectories(machine.resolve("tpm-state"));
      running =
          Program.of(
                  "swtpm",
                  "socket",
                  "--tpm2",
                  "--terminate",
                  "--tpmstate",
                  "dir=" + state.toAbsolutePath() + ",mode=0600",
                  "--ctrl",
                  "type=unixio,mode=0600,path=" + sockets.socket(SOCKET))
              .in(Sandbox.reading().using(state).using(sockets.path()))
              .limitedTo(LIMITS)
              .startTied();
      awaitSocket(running, sockets.socket(SOCKET));
      return new TpmEmulator(sockets, running);
    } catch (IOException e) {
      new TpmEmulator(sockets, running).close();
      throw new VirtualMachineException("cannot store the TPM's state in " + machine, e);
    } catch (ProgramException | VirtualMachineException | InterruptedException e) {
      new TpmEmulator(sockets, running).close();
      throw e;
    }
  }

  private static void awaitSocket(RunningProgram swtpm, Path socket)
      throws VirtualMachineException, InterruptedException {
    Deadline deadline = Deadline.in(START);
    while (!Files.exists(socket)) {
      boolean ended = swtpm.waitFor(Duration.ofMillis(20));
      if (ended || deadline.isOver()) {
        throw new VirtualMachineException(
            "swtpm, the machine's TPM, does not start: " + swtpm.errors());
      }
    }
  }

  /** Where it listens; empty if the machine has no TPM. */
  Optional<Path> socket() {
    return Optional.ofNullable(sockets).map(directory -> directory.socket(SOCKET));
  }

  @Override
  public void close() {
    if (running != null) {
      running.close();
    }
    if (sockets != null) {
      sockets.close();
    }
  }
}
