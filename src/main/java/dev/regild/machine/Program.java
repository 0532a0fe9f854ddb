package dev.regild.machine;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * An external program, ready to be run. It gets a minimal environment (PATH, LANG, HOME), never
 * ours: keys and passwords that we were started with stay with us. No environment value is ever
 * logged or put in a message. What a program starts ends with it, and both end with us.
 *
 * @param command the program, by name or absolute path, and its arguments; no shell is involved
 * @param timeLimit after which a run is killed with all that it started
 * @param environment added to the minimal one
 * @param limits what the kernel lets it have, for programs that read untrusted input
 * @param sandbox what it may see and change, for programs that read untrusted input; empty: all
 *     that we may
 */
public record Program(
    List<String> command,
    Duration timeLimit,
    Map<String, String> environment,
    Optional<Limits> limits,
    Optional<Sandbox> sandbox) {
  /** A program that writes more than this to its standard output is killed. */
  public static final int MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

  static final int ERROR_TAIL_BYTES = 8 * 1024;

  /** A shell's status of a program that a signal ended: this and the signal's number. */
  private static final int KILLED_BY = 128;

  private static final int SIGXCPU = 24;
  private static final int SIGXFSZ = 25;

  private static final Duration DEFAULT_TIME_LIMIT = Duration.ofMinutes(5);

  /**
   * Limits that the kernel holds (setrlimit(2)).
   *
   * @param addressSpaceBytes RLIMIT_AS
   * @param cpuTime RLIMIT_CPU, in whole seconds
   * @param fileBytes RLIMIT_FSIZE, the size of the largest file that it may write; empty: as large
   *     as ours
   */
  public record Limits(long addressSpaceBytes, Duration cpuTime, OptionalLong fileBytes) {
    /**
     * For a tool that unpacks an update or an installer: little memory, little time, and no file
     * that is larger than any update is; a cumulative one is a good gigabyte.
     */
    public static final Limits UNPACKING =
        new Limits(4L << 30, Duration.ofMinutes(15), OptionalLong.of(6L << 30));

    private List<String> prlimit() {
      List<String> command = new ArrayList<>(List.of("prlimit"));
      command.addAll(options());
      command.add("--");
      return command;
    }

    /** For prlimit(1). */
    List<String> options() {
      List<String> options = new ArrayList<>();
      options.add("--as=" + addressSpaceBytes);
      options.add("--cpu=" + cpuTime.toSeconds());
      fileBytes.ifPresent(bytes -> options.add("--fsize=" + bytes));
      return options;
    }
  }

  public Program {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
    if (command.isEmpty()) {
      throw new IllegalArgumentException("command is empty");
    }
    if (!timeLimit.isPositive()) {
      throw new IllegalArgumentException("timeLimit must be positive: " + timeLimit);
    }
  }

  public Program(List<String> command, Duration timeLimit, Map<String, String> environment) {
    this(command, timeLimit, environment, Optional.empty(), Optional.empty());
  }

  /** With a time limit of 5 minutes. */
  public static Program of(String... command) {
    return of(List.of(command));
  }

  /** With a time limit of 5 minutes. */
  public static Program of(List<String> command) {
    return new Program(command, DEFAULT_TIME_LIMIT, Map.of());
  }

  public Program within(Duration newTimeLimit) {
    return new Program(command, newTimeLimit, environment, limits, sandbox);
  }

  /** With one more variable in its environment. */
  public Program with(String name, String value) {
    Map<String, String> more = new HashMap<>(environment);
    more.put(name, value);
    return new Program(command, timeLimit, more, limits, sandbox);
  }

  public Program limitedTo(Limits newLimits) {
    return new Program(command, timeLimit, environment, Optional.of(newLimits), sandbox);
  }

  public Program in(Sandbox newSandbox) {
    return new Program(command, timeLimit, environment, limits, Optional.of(newSandbox));
  }

  /**
   * Runs it to its end, with an empty standard input.
   *
   * @return its standard output, at most {@link #MAX_OUTPUT_BYTES}
   * @throws ProgramException if it is missing, ends with another status than 0, writes too much, or
   *     takes longer than its time limit; the message holds the end of its standard error
   * @throws InterruptedException if our thread is interrupted; the program is gone then
   */
  public String run() throws ProgramException, InterruptedException {
    OutputText output = new OutputText(MAX_OUTPUT_BYTES);
    run(output);
    return output.text();
  }

  /**
   * Runs it to its end, with an empty standard input.
   *
   * @param onLine is given each line of standard output that is not empty, as it comes; a carriage
   *     return ends a line too, as progress displays use it. One call at a time, from a thread of
   *     its own; what it throws kills the program and is thrown here
   * @throws ProgramException as {@link #run()}
   */
  public void run(Consumer<String> onLine) throws ProgramException, InterruptedException {
    run(new OutputLines(onLine, MAX_OUTPUT_BYTES));
  }

  /**
   * Starts it to run beside us, with an empty standard input; it can't outlive us. The time limit
   * does not apply.
   */
  public RunningProgram startTied() throws ProgramException {
    ProcessBuilder builder = builder();
    try {
      return RunningProgram.start(builder, sandbox.flatMap(Sandbox::room));
    } catch (IOException e) {
      throw new ProgramException("cannot start %s: %s".formatted(name(), e.getMessage()), e);
    }
  }

  /**
   * Starts it to run beside us, with its standard input and output as pipes, and leaves it to the
   * caller to end. Its standard error is read and thrown away. The time limit does not apply, and
   * it outlives us unless it ends with its standard input.
   */
  public Process start() throws ProgramException {
    return start(ProcessBuilder.Redirect.DISCARD);
  }

  /**
   * The same, with its standard error in a file.
   *
   * @param errors is made, or loses what it had
   */
  public Process start(Path errors) throws ProgramException {
    return start(ProcessBuilder.Redirect.to(errors.toFile()));
  }

  private Process start(ProcessBuilder.Redirect errors) throws ProgramException {
    try {
      return builder().redirectError(errors).start();
    } catch (IOException e) {
      throw new ProgramException("cannot start %s: %s".formatted(name(), e.getMessage()), e);
    }
  }

  private void run(OutputReader output) throws ProgramException, InterruptedException {
    try (RunningProgram running = startTied()) {
      Thread reader = Thread.ofVirtual().name("stdout").start(() -> output.drain(running));
      boolean ended = running.waitFor(timeLimit);
      Optional<String> shortage = running.shortage();
      if (shortage.isPresent()) {
        throw new ProgramException("%s was terminated: %s".formatted(name(), shortage.get()));
      }
      if (!ended) {
        throw new ProgramException(
            "%s took longer than %s and was killed%s"
                .formatted(name(), spoken(timeLimit), said(running)));
      }
      reader.join(Duration.ofSeconds(10));
      output.rethrow(name());
      if (running.exitStatus() != 0) {
        Optional<String> trouble = sandbox.flatMap(_ -> Sandbox.trouble(running.errors()));
        if (trouble.isPresent()) {
          throw new ProgramException(name() + " " + trouble.get());
        }
        int status = running.exitStatus();
        throw new ProgramException(
            "%s failed with status %d%s%s"
                .formatted(name(), status, meaning(status), said(running)),
            status);
      }
    }
  }

  private ProcessBuilder builder() throws ProgramException {
    String program = command.getFirst();
    if (SearchPath.find(program).isEmpty()) {
      throw new ProgramException(SearchPath.remedy(program));
    }
    ProcessBuilder builder = new ProcessBuilder(new ArrayList<>());
    if (sandbox.isPresent()) {
      builder.command().addAll(sandbox.get().command(command, limits));
    } else {
      limits.ifPresent(l -> builder.command().addAll(l.prlimit()));
      builder.command().addAll(command);
    }
    builder.environment().clear();
    builder
        .environment()
        .putAll(
            Map.of(
                "PATH", SearchPath.value(),
                "LANG", "C.UTF-8",
                "HOME", System.getProperty("user.home", "/")));
    builder.environment().putAll(environment);
    return builder;
  }

  private String name() {
    String program = command.getFirst();
    return program.substring(program.lastIndexOf('/') + 1);
  }

  /** Of a signal that a limit sends. */
  private String meaning(int status) {
    return switch (status) {
      case KILLED_BY + SIGXCPU ->
          limits
              .map(l ->
                  " because it used more than %d s of CPU time".formatted(l.cpuTime.toSeconds()))
              .orElse("");
      case KILLED_BY + SIGXFSZ ->
          limits
              .filter(l -> l.fileBytes.isPresent())
              .map(l ->
                  " because it would have written a file larger than %d bytes"
                      .formatted(l.fileBytes.getAsLong()))
              .orElse("");
      default -> "";
    };
  }

  private static String said(RunningProgram running) {
    String errors = running.errors();
    return errors.isEmpty() ? "" : ": " + errors;
  }

  private static String spoken(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : TimeUnit.NANOSECONDS.toMillis(duration.toNanos()) + " ms";
  }
}
