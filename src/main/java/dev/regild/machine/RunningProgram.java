package dev.regild.machine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A program that runs beside us and can't outlive us: when our process ends, however it ends, its
 * whole process group is killed.
 *
 * <p>A shell of ours reads a pipe whose writing end only we have. The kernel closes that end when
 * we die, and the shell then kills the group that it shares with the program. The kernel's
 * parent-death signal would not do: it is sent when the <em>thread</em> that started the program
 * ends (prctl(2), PR_SET_PDEATHSIG).
 */
public final class RunningProgram implements AutoCloseable {
  /** Fixed text; the program and its arguments come to it as its own arguments. */
  private static final String SUPERVISOR =
      """
      exec 3<&0 </dev/null
      "$@" 3<&- &
      program=$!
      { while read -r line; do :; done; kill -KILL 0; } <&3 3<&- >/dev/null 2>&1 &
      watch=$!
      exec 3<&-
      trap 'kill -KILL 0' HUP INT TERM
      wait "$program"
      status=$?
      kill -KILL "$watch"
      exit "$status"
      """;

  /** Between two looks at the room that is left. */
  private static final Duration LOOK = Duration.ofMillis(100);

  /** The pause between two looks at killed processes, and for how long to look. */
  private static final Duration AWAIT_PAUSE = Duration.ofMillis(2);

  private static final Duration LONGEST_END = Duration.ofSeconds(10);

  private final Process process;
  private final Tail errors = new Tail(Program.ERROR_TAIL_BYTES);
  private final Thread errorReader;
  private volatile @Nullable String shortage;

  private RunningProgram(Process process) {
    this.process = process;
    this.errorReader =
        Thread.ofVirtual().name("stderr").start(() -> errors.drain(process.getErrorStream()));
  }

  /**
   * The builder's command is replaced by one that has the supervisor before it.
   *
   * @param room the program is killed when less is left
   * @throws IOException also if less is left already
   */
  static RunningProgram start(ProcessBuilder builder, Optional<FreeSpace> room) throws IOException {
    Optional<FreeSpace.Gauge> gauge = Optional.empty();
    if (room.isPresent()) {
      gauge = Optional.of(room.get().gauge());
      long free = gauge.get().free();
      if (free < room.get().markBytes()) {
        throw new IOException(room.get().shortage(free));
      }
    }
    builder
        .command()
        .addAll(0, List.of("setsid", "--wait", "sh", "-c", SUPERVISOR, "regild-supervisor"));
    RunningProgram running = new RunningProgram(builder.start());
    if (gauge.isPresent()) {
      running.watch(room.get(), gauge.get());
    }
    return running;
  }

  private void watch(FreeSpace room, FreeSpace.Gauge gauge) {
    Thread.ofVirtual()
        .name("free-space")
        .start(() -> {
          try {
            while (!process.waitFor(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
              long free = gauge.free();
              if (free < room.markBytes()) {
                shortage = room.shortage(free);
                killTree();
              }
            }
          } catch (IOException | InterruptedException e) {
            // Who can't look any more ends the program rather than the room.
            shortage = "cannot watch the free space of %s any more".formatted(room.place());
            killTree();
          }
        });
  }

  /** Why it was killed, if that was for want of room. */
  Optional<String> shortage() {
    return Optional.ofNullable(shortage);
  }

  /** What the program writes to its standard output. It must be read, or the program will block. */
  InputStream output() {
    return process.getInputStream();
  }

  /** The end of what it has written to its standard error so far; first, why it was killed. */
  String errors() {
    String killed = shortage;
    return killed == null ? errors.text() : killed + "\n" + errors.text();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /**
   * Waits for the program to end by itself.
   *
   * @return false when the time was up first; it then still runs
   */
  boolean waitFor(Duration limit) throws InterruptedException {
    boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    if (ended) {
      // A daemon left behind may hold the pipe open, so not for ever.
      errorReader.join(Duration.ofSeconds(1));
    }
    return ended;
  }

  /** The exit status of a program that has ended; 128 and the signal's number if one killed it. */
  int exitStatus() {
    return process.exitValue();
  }

  /** Kills the program with all that it has started, and waits until they are gone. */
  @Override
  public void close() {
    List<ProcessHandle> tree = killTree();
    process.onExit().completeOnTimeout(process, LONGEST_END.toSeconds(), TimeUnit.SECONDS).join();
    awaitGone(tree);
    closeQuietly(process.getInputStream());
    closeQuietly(process.getErrorStream());
    closeQuietly(process.getOutputStream());
  }

  private List<ProcessHandle> killTree() {
    List<ProcessHandle> tree =
        Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
    tree.forEach(ProcessHandle::destroyForcibly);
    return tree;
  }

  /**
   * Polls. For a process that is not our child, Java pauses 0.3 s and more between two looks, and
   * counts one that has ended as alive until its parent has reaped it.
   */
  private static void awaitGone(List<ProcessHandle> tree) {
    Deadline deadline = Deadline.in(LONGEST_END);
    boolean interrupted = false;
    while (!deadline.isOver() && tree.stream().anyMatch(RunningProgram::isRunning)) {
      LockSupport.parkNanos(AWAIT_PAUSE.toNanos());
      // Else the next pause would have no length.
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean isRunning(ProcessHandle process) {
    if (!process.isAlive()) {
      return false;
    }
    try {
      String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"), ISO_8859_1);
      // The name before it, in parentheses, may hold anything; see proc(5).
      return !stat.startsWith(") Z ", stat.lastIndexOf(')'));
    } catch (IOException gone) {
      return false;
    }
  }

  private static void closeQuietly(AutoCloseable stream) {
    try {
      stream.close();
    } catch (Exception alreadyBroken) {
      // The program is gone; so is its pipe.
    }
  }
}
