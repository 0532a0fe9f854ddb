package dev.regild.machine;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A QEMU machine with a Windows disk that runs as long as it is driven, through restarts of its
 * guest. It has the QEMU guest agent's port, and may have a CD; it never has a network card. It
 * can't outlive us, nor can its TPM.
 */
public final class BuilderMachine implements RunningMachine, AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration ANSWER = Duration.ofSeconds(60);

  /** From the end of a monitor to the end of its QEMU. */
  private static final Duration OFF = Duration.ofSeconds(5);

  private final MachineSpec spec;
  private final Optional<Path> cd;
  private final SerialConsole console = new SerialConsole();
  private @Nullable SocketDirectory sockets;
  private @Nullable Screen screen;
  private @Nullable TpmEmulator tpm;
  private @Nullable QemuMonitor monitor;
  private volatile @Nullable RunningProgram qemu;
  private volatile @Nullable GuestAgent agent;
  private volatile boolean aborted;

  /**
   * A machine that is off.
   *
   * @param cd an ISO image, which the guest can't write to
   */
  public BuilderMachine(MachineSpec spec, Optional<Path> cd) {
    this.spec = spec;
    this.cd = cd;
  }

  /**
   * Switches it on; its guest boots from then on.
   *
   * @throws VirtualMachineException if QEMU or the TPM doesn't start, or {@link #abort} was called
   * @throws ProgramException if QEMU or swtpm is not installed
   */
  public void start() throws VirtualMachineException, ProgramException, InterruptedException {
    if (aborted) {
      throw console.failure("was told to stop");
    }
    SocketDirectory directory = SocketDirectory.in(spec.directory(), "qemu");
    sockets = directory;
    Screen taken = Screen.in(spec.directory());
    screen = taken;
    TpmEmulator emulator = TpmEmulator.startFor(spec);
    tpm = emulator;
    QemuCommand command =
        QemuCommand.windows(spec)
            .tpm(emulator.socket())
            .portToSocket(GuestAgent.PORT, directory.socket("agent"))
            .screen(taken)
            .monitor(directory.socket("monitor"));
    cd.ifPresent(command::cd);
    RunningProgram started = command.program().startTied();
    qemu = started;
    var _ = console.read(started);
    agent = new GuestAgent(directory.socket("agent"), ANSWER);
    monitor = connect(started, directory.socket("monitor"));
  }

  private QemuMonitor connect(RunningProgram started, Path socket)
      throws VirtualMachineException, InterruptedException {
    Deadline deadline = Deadline.in(START);
    while (true) {
      requireRunning(started);
      try {
        return QemuMonitor.connect(socket);
      } catch (IOException notYet) {
        if (deadline.isOver()) {
          throw console.failure("does not start: " + notYet.getMessage());
        }
      }
      Thread.sleep(Duration.ofMillis(20));
    }
  }

  @Override
  public GuestAgent agent() {
    return required(agent);
  }

  @Override
  public long restarts() throws VirtualMachineException, InterruptedException {
    requireRunning(required(qemu));
    try {
      return required(monitor).restarts();
    } catch (IOException e) {
      if (awaitOff(OFF)) {
        throw console.failure("is off");
      }
      throw console.failure("cannot be monitored any more: " + e.getMessage());
    }
  }

  @Override
  public boolean awaitOff(Duration limit) throws VirtualMachineException, InterruptedException {
    RunningProgram running = required(qemu);
    if (!running.waitFor(limit)) {
      return false;
    }
    if (aborted) {
      throw console.failure("was told to stop");
    }
    if (running.exitStatus() != 0) {
      throw console.failure(
          "crashed; QEMU exited with status %d: %s"
              .formatted(running.exitStatus(), running.errors()));
    }
    return true;
  }

  @Override
  public void pressPowerButton() throws VirtualMachineException, InterruptedException {
    try {
      required(monitor).powerButton();
    } catch (IOException e) {
      if (awaitOff(OFF)) {
        return; // The guest was faster.
      }
      throw console.failure("does not react to its power button: " + e.getMessage());
    }
  }

  @Override
  public Optional<byte[]> screen() throws InterruptedException {
    required(screen).take(required(monitor));
    return required(screen).png();
  }

  @Override
  public String console() {
    return console.text();
  }

  /** Ends the machine at once, from any thread; whoever drives it gets an exception. */
  public void abort() {
    aborted = true;
    GuestAgent driven = agent;
    if (driven != null) {
      driven.close();
    }
    RunningProgram running = qemu;
    if (running != null) {
      running.close();
    }
  }

  /** Ends the machine at once if it still runs: a power cut. */
  @Override
  public void close() {
    if (agent != null) {
      agent.close();
    }
    if (monitor != null) {
      monitor.close();
    }
    if (qemu != null) {
      qemu.close();
    }
    if (tpm != null) {
      tpm.close();
    }
    if (sockets != null) {
      sockets.close();
    }
  }

  private void requireRunning(RunningProgram running)
      throws VirtualMachineException, InterruptedException {
    if (aborted) {
      throw console.failure("was told to stop");
    }
    if (!running.isAlive() && awaitOff(Duration.ofSeconds(1))) {
      throw console.failure("is off");
    }
  }

  private static <T> T required(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("The machine was not started.");
    }
    return part;
  }
}
