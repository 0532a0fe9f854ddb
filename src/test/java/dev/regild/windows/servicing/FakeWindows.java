package dev.regild.windows.servicing;

import dev.regild.machine.FakeAgent;
import dev.regild.machine.GuestAgent;
import dev.regild.machine.RunningMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A fake of a machine with Windows, at the outermost edge: a fake agent on a real socket, whose
 * programs end as they are told to. What it is asked for and what happens to it is noted in order.
 */
final class FakeWindows implements RunningMachine, AutoCloseable {
  private final FakeAgent fake;
  private final GuestAgent agent;
  private boolean off;
  private final List<String> events = new ArrayList<>();
  private final List<String> questions = new ArrayList<>();
  private final Map<String, Deque<FakeAgent.Program>> scripts = new HashMap<>();
  private final Set<String> registry = new HashSet<>();
  private long restarts;
  private boolean restarted;

  /** Registry entries that are gone after a restart. */
  final Set<String> untilRestart = new HashSet<>();

  /** What the power-off by the agent does. */
  boolean obeysAgent = true;

  boolean obeysButton = true;

  FakeWindows(Path directory) throws IOException {
    fake = new FakeAgent(directory.resolve("agent"), this::execute, this::shutdown);
    agent = new GuestAgent(directory.resolve("agent"), Duration.ofSeconds(5));
    say("Win32_CDROMDrive", "D:\r\n");
    inRegistry("Component Based Servicing");
  }

  /**
   * A command that holds the word ends with these codes, one after the other, the last for good.
   */
  void ends(String word, long... codes) {
    Deque<FakeAgent.Program> programs = new ArrayDeque<>();
    for (long code : codes) {
      programs.add(FakeAgent.Program.ended(code));
    }
    scripts.put(word, programs);
  }

  void say(String word, String output) {
    scripts.put(word, new ArrayDeque<>(List.of(new FakeAgent.Program(0L, output))));
  }

  void script(String word, FakeAgent.Program... programs) {
    scripts.put(word, new ArrayDeque<>(List.of(programs)));
  }

  void inRegistry(String name) {
    registry.add(name);
  }

  void hidesItsRegistry() {
    registry.clear();
  }

  synchronized List<String> questions() {
    return List.copyOf(questions);
  }

  /** What the screen shows. */
  byte[] shown = {1, 2, 3};

  @Override
  public synchronized Optional<byte[]> screen() {
    events.add("screen");
    return Optional.of(shown);
  }

  /** All but the questions. */
  synchronized List<String> events() {
    return List.copyOf(events);
  }

  private synchronized FakeAgent.Program execute(List<String> command) {
    String line = String.join(" ", command);
    if (!command.getFirst().matches("(reg|powershell|sc)\\.exe")) {
      events.add(line);
    } else {
      questions.add(line);
    }
    for (Map.Entry<String, Deque<FakeAgent.Program>> script : scripts.entrySet()) {
      if (line.contains(script.getKey())) {
        Deque<FakeAgent.Program> programs = script.getValue();
        FakeAgent.Program program =
            programs.size() > 1 ? programs.removeFirst() : programs.getFirst();
        if (program.exitCode() != null && program.exitCode() == 1641) {
          restart();
        }
        return program;
      }
    }
    if (command.getFirst().equals("reg.exe")) {
      boolean there =
          registry.stream().anyMatch(line::endsWith)
              || untilRestart.stream().anyMatch(line::endsWith);
      return FakeAgent.Program.ended(there ? 0 : 1);
    }
    return FakeAgent.Program.ended(0);
  }

  private synchronized void shutdown(String mode) {
    if (mode.equals("reboot")) {
      restart();
    } else if (obeysAgent) {
      powerOff();
    }
    fake.cut(); // Spares the tests the wait for a refusal.
  }

  private void powerOff() {
    events.add("off");
    off = true;
    notifyAll();
  }

  private void restart() {
    events.add("restart");
    restarts++;
    restarted = true;
    untilRestart.clear();
    notifyAll();
  }

  @Override
  public GuestAgent agent() {
    return agent;
  }

  @Override
  public synchronized long restarts() {
    return restarts;
  }

  /** Waits no longer once it has restarted: whoever waits then looks for that. */
  @Override
  public synchronized boolean awaitOff(Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    for (long left = limit.toNanos();
        left > 0 && !off && !restarted;
        left = end - System.nanoTime()) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    restarted = false;
    return off;
  }

  @Override
  public synchronized void pressPowerButton() {
    events.add("power button");
    if (obeysButton) {
      powerOff();
    }
  }

  @Override
  public String console() {
    return "";
  }

  @Override
  public void close() throws IOException {
    agent.close();
    fake.close();
  }
}
