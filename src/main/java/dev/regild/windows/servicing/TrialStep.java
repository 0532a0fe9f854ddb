package dev.regild.windows.servicing;

import java.time.Duration;
import java.util.List;

/**
 * A step of a {@link WindowsTrial}, done or failed.
 *
 * @param name what was done: {@code Start Windows}
 * @param time that it took
 * @param found what was seen, a line each
 * @param problems what was not as expected, each with its remedy, of one line or several
 */
public record TrialStep(String name, Duration time, List<String> found, List<String> problems) {
  public TrialStep {
    found = List.copyOf(found);
    problems = List.copyOf(problems);
  }
}
