package dev.regild.windows.servicing;

import dev.regild.machine.BootEvidence;
import dev.regild.machine.Deadline;
import dev.regild.machine.GuestAgent;
import dev.regild.machine.GuestAgentException;
import dev.regild.machine.LostProgramException;
import dev.regild.machine.RunningMachine;
import dev.regild.machine.VirtualMachineException;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.GuestText;
import dev.regild.windows.registry.PendingRestart;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A Windows that runs in a machine, and is asked and told through its guest agent. */
final class WindowsGuest {
  private static final Duration WATCH = Duration.ofMillis(200);
  private static final int QUESTION_TRIES = 5;

  /** There in every Windows, for programs of its own bitness. */
  private static final String SERVICING =
      "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing";

  /** There while the work of a start, which comes before a system is of use, is still going on. */
  private static final String START = SERVICING + "\\RebootInProgress";

  private static final List<String> POWERSHELL =
      List.of("powershell.exe", "-NoProfile", "-NonInteractive", "-Command");

  private final RunningMachine machine;
  private final WindowsLimits limits;
  private final Consumer<String> log;
  private boolean readsRegistry;

  /**
   * @param log is told of restarts, a line each
   */
  WindowsGuest(RunningMachine machine, WindowsLimits limits, Consumer<String> log) {
    this.machine = machine;
    this.limits = limits;
    this.log = log;
  }

  /**
   * Waits until the agent answers and the work of the start is done.
   *
   * @throws GuestException if that takes too long, or the agent does not see Windows' registry
   */
  void awaitStart() throws GuestException, InterruptedException {
    awaitStart(Deadline.in(limits.start()));
  }

  private void awaitStart(Deadline deadline) throws GuestException, InterruptedException {
    awaitAgent(deadline);
    requireRegistry();
    while (inRegistry(START)) {
      if (deadline.isOver()) {
        throw failure("Windows did not finish starting within " + spoken(limits.start()));
      }
      Thread.sleep(deadline.atMost(limits.busyPause()).left());
    }
  }

  /**
   * Makes sure that what is not found in the registry is not there: reg.exe ends with 1 for a key
   * that is missing, for one that it may not read, and for one of the other bitness' view.
   */
  private void requireRegistry() throws GuestException, InterruptedException {
    if (readsRegistry) {
      return;
    }
    GuestAgent.Execution answer = askRegistry(SERVICING);
    if (answer.exitCode() != 0) {
      throw failure(
          "The guest agent does not see %s, which every Windows has. The agent must run as LocalSystem, and be the 64-bit one (qemu-ga-x86_64.msi) in a Windows for x64.%s"
              .formatted(SERVICING, GuestText.said(answer.output())));
    }
    readsRegistry = true;
  }

  private void awaitAgent(Deadline deadline) throws GuestException, InterruptedException {
    try {
      if (!machine.agent().await(deadline.left())) {
        throw failure(
            "The guest agent did not answer within %s (windows.start-limit): the image must start by itself and have the"
                    .formatted(spoken(limits.start()))
                + " QEMU guest agent of virtio-win installed, with its virtio-serial driver");
      }
    } catch (GuestAgentException e) {
      throw failure("The guest agent was not reached: " + e.getMessage(), e);
    }
  }

  /**
   * Runs an installer.
   *
   * @throws LostProgramException if the agent was restarted meanwhile
   * @throws GuestException if it did not end in time, or the machine is gone
   */
  GuestAgent.Execution run(List<String> command)
      throws LostProgramException, GuestException, InterruptedException {
    return run(command, limits.tool());
  }

  /**
   * Runs an installer within a limit of its own.
   *
   * @throws LostProgramException if the agent was restarted meanwhile
   * @throws GuestException if it did not end in time, or the machine is gone
   */
  GuestAgent.Execution run(List<String> command, Duration limit)
      throws LostProgramException, GuestException, InterruptedException {
    // Windows may be amid a restart of its own: a cumulative update often takes a second one.
    awaitAgent(Deadline.in(limits.start()));
    try {
      return machine.agent().run(command, limit);
    } catch (LostProgramException e) {
      throw e;
    } catch (GuestAgentException e) {
      throw failure(command.getFirst() + " could not be run: " + e.getMessage(), e);
    }
  }

  /**
   * Runs a program that changes nothing; as often as an agent or a guest that restarts makes
   * needed.
   */
  GuestAgent.Execution ask(List<String> command) throws GuestException, InterruptedException {
    for (int tries = 1; ; tries++) {
      long before = restarts();
      try {
        return run(command, limits.question());
      } catch (LostProgramException e) {
        if (tries == QUESTION_TRIES) {
          throw failure(command.getFirst() + " could not be run: " + e.getMessage(), e);
        }
      } catch (GuestException e) {
        if (tries == QUESTION_TRIES || restarts() == before) {
          throw e;
        }
      }
    }
  }

  /**
   * Whether a key or value is in the registry.
   *
   * @param query a key, or a key, {@code /v} and a value's name
   */
  boolean inRegistry(String... query) throws GuestException, InterruptedException {
    return askRegistry(query).exitCode() == 0;
  }

  /**
   * The values of a key, as reg.exe prints them.
   *
   * @param query as of {@link #inRegistry}
   * @return by name; empty if there is no such key or value
   */
  Map<String, String> registryValues(String... query) throws GuestException, InterruptedException {
    Map<String, String> values = new HashMap<>();
    for (String line : askRegistry(query).output().lines().toList()) {
      String[] columns = line.strip().split(" {4}", 3); // name, type and data
      if (columns.length == 3) {
        values.put(columns[0], columns[2].strip());
      }
    }
    return values;
  }

  private GuestAgent.Execution askRegistry(String... query)
      throws GuestException, InterruptedException {
    GuestAgent.Execution answer =
        ask(Stream.concat(Stream.of("reg.exe", "query"), Stream.of(query)).toList());
    if (answer.exitCode() > 1) { // It could not start, or was ended: Windows is shutting down.
      throw failed("reg.exe", answer, "Cannot query the Windows registry");
    }
    return answer;
  }

  /** What in its registry says that it wants a restart. */
  Set<PendingRestart> pendingRestarts() throws GuestException, InterruptedException {
    Set<PendingRestart> found = EnumSet.noneOf(PendingRestart.class);
    for (PendingRestart pending : PendingRestart.values()) {
      if (isThere(pending)) {
        found.add(pending);
      }
    }
    return found;
  }

  private boolean isThere(PendingRestart pending) throws GuestException, InterruptedException {
    String key = "HKLM\\" + pending.key();
    return switch (pending) {
      case COMPONENTS, PACKAGES, UPDATES -> inRegistry(key);
      case FILES -> inRegistry(key, "/v", pending.value());
      case SESSIONS ->
          registryValues(key, "/v", pending.value()).values().stream()
              .anyMatch(number -> !number.matches("0x0+"));
    };
  }

  /**
   * What a PowerShell script writes.
   *
   * @param what it asks for, for the message
   * @throws GuestException if it fails
   */
  String powershell(String what, String script) throws GuestException, InterruptedException {
    GuestAgent.Execution answer =
        ask(Stream.concat(POWERSHELL.stream(), Stream.of(script)).toList());
    if (answer.exitCode() != 0) {
      throw failed("powershell.exe", answer, "Cannot query Windows for " + what);
    }
    return answer.output();
  }

  /** How many times the guest has restarted; for {@link #awaitRestart}. */
  long restarts() throws GuestException, InterruptedException {
    try {
      return machine.restarts();
    } catch (VirtualMachineException e) {
      throw new GuestException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Restarts the guest, and waits until it is of use again. */
  void restart() throws GuestException, InterruptedException {
    long before = restarts();
    try {
      machine.agent().shutDown(GuestAgent.Shutdown.RESTART);
    } catch (GuestAgentException e) {
      throw failure("Windows does not restart: " + e.getMessage(), e);
    }
    awaitRestart(before);
  }

  /** Waits for a restart that has been asked for, and until the guest is of use again. */
  void awaitRestart(long before) throws GuestException, InterruptedException {
    Deadline deadline = Deadline.in(limits.start());
    do {
      if (deadline.isOver()) {
        throw failure("Windows did not restart within " + spoken(limits.start()));
      }
      if (isOff(WATCH)) {
        throw failure("Windows powered off instead of restarting");
      }
    } while (restarts() == before);
    awaitStart(); // within a limit of its own: an update works for long before the reset, too
    log.accept("Windows has restarted.");
  }

  /**
   * What is seen of the guest from outside, now that it has booted.
   *
   * @param took since power-on
   */
  BootEvidence seen(Duration took) throws InterruptedException {
    return new BootEvidence(Instant.now(), took, machine.console(), machine.screen());
  }

  /**
   * Shuts the guest down, by its agent, and by the power button if that doesn't do. There is never
   * a power cut.
   *
   * @throws GuestException if it is not off in time
   */
  void shutDown() throws GuestException, InterruptedException {
    Duration half = limits.shutdown().dividedBy(2);
    try {
      machine.agent().shutDown(GuestAgent.Shutdown.POWER_OFF);
      if (isOff(half)) {
        return;
      }
      log.accept("Windows does not shut down when its agent asks; pressing the power button.");
    } catch (GuestAgentException e) {
      log.accept("Pressing the power button because " + e.getMessage());
    }
    try {
      if (!isOff(Duration.ZERO)) {
        machine.pressPowerButton();
      }
    } catch (VirtualMachineException e) {
      throw new GuestException(String.valueOf(e.getMessage()), e);
    }
    if (!isOff(half)) {
      throw failure(
          "Windows did not shut down within %s, and a power cut would leave its disk dirty"
              .formatted(spoken(limits.shutdown())));
    }
  }

  private boolean isOff(Duration limit) throws GuestException, InterruptedException {
    try {
      return machine.awaitOff(limit);
    } catch (VirtualMachineException e) {
      throw new GuestException(String.valueOf(e.getMessage()), e);
    }
  }

  /** A failure that names a program's exit code, its meaning, its remedy, and what it said. */
  GuestException failed(String program, GuestAgent.Execution ended, String what) {
    return failure(
        "%s: %s ended with %s. %s%s"
            .formatted(
                what,
                program,
                WindowsExitCode.spoken(ended.exitCode()),
                WindowsExitCode.remedy(ended.exitCode()),
                GuestText.said(ended.output())));
  }

  GuestException failure(String message) {
    return new GuestException(withConsole(message));
  }

  private GuestException failure(String message, Exception cause) {
    return new GuestException(withConsole(message), cause);
  }

  private String withConsole(String message) {
    String console = GuestText.end(machine.console());
    return console.isEmpty() ? message : message + "\nThe end of its serial console:\n" + console;
  }

  private static String spoken(Duration limit) {
    return limit.toSeconds() + " s";
  }
}
