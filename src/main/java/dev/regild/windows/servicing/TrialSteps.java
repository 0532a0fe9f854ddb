package dev.regild.windows.servicing;

import dev.regild.disk.UnfitDiskException;
import dev.regild.machine.ProgramException;
import dev.regild.machine.VirtualMachineException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Does the steps of a trial one by one, and tells what came of each. */
final class TrialSteps {
  private final Consumer<TrialStep> told;
  private final List<String> found = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();

  TrialSteps(Consumer<TrialStep> told) {
    this.told = told;
  }

  /** What a step does. */
  @FunctionalInterface
  interface Work {
    /** A failure is told as a problem of the step. */
    void run()
        throws IOException,
            UnfitDiskException,
            ProgramException,
            VirtualMachineException,
            InterruptedException;
  }

  /** Notes what the step that is under way has seen. */
  void found(String line) {
    found.add(line);
  }

  /** Notes what was not as expected in the step that is under way. */
  void problem(String what, String remedy) {
    problems.add(what + ". " + remedy);
  }

  /**
   * Does a step, and tells of it.
   *
   * @return whether the next one makes sense: this one came to its end
   */
  boolean step(String name, Work work) throws InterruptedException {
    found.clear();
    problems.clear();
    long start = System.nanoTime();
    boolean ended = true;
    try {
      work.run();
    } catch (IOException | UnfitDiskException | ProgramException | VirtualMachineException e) {
      problems.add(String.valueOf(e.getMessage()));
      ended = false;
    }
    told.accept(new TrialStep(name, Duration.ofNanos(System.nanoTime() - start), found, problems));
    return ended;
  }
}
