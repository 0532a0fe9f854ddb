package dev.regild.console.view;

import dev.regild.image.JobStep;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * How a job stands.
 *
 * @param attempt the number of the attempt, 0 before the first
 * @param steps those of the attempt, in the order of their start
 * @param running whether it goes on
 */
public record JobSteps(int attempt, List<Row> steps, boolean running) {

  /**
   * A step.
   *
   * @param tone {@code good}, {@code bad} or {@code busy}
   * @param percent from 0 to 100
   */
  public record Row(
      String name, String tone, String status, int percent, String took, String detail) {
    static Row of(JobStep step, Instant now) {
      String took = Words.took(Duration.between(step.started(), step.ended().orElse(now)));
      return switch (step.status()) {
        case RUNNING -> new Row(step.name(), "busy", "running", percent(step), took, step.detail());
        case DONE -> new Row(step.name(), "good", "done", 100, took, step.detail());
        case FAILED -> new Row(step.name(), "bad", "failed", percent(step), took, step.detail());
      };
    }

    private static int percent(JobStep step) {
      return (int) Math.round(step.progress() * 100);
    }
  }

  public static JobSteps of(int attempt, List<JobStep> steps, boolean running, Instant now) {
    return new JobSteps(attempt, steps.stream().map(step -> Row.of(step, now)).toList(), running);
  }

  /** What it is doing, in one sentence. */
  public String summary() {
    if (!running) {
      return "Ended.";
    }
    return steps.isEmpty()
        ? "Waiting for a worker."
        : "Step %d: %s.".formatted(steps.size(), steps.getLast().name());
  }
}
