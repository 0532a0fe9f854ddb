package dev.regild.image;

import java.time.Instant;
import java.util.Optional;

/**
 * One step of an attempt of a job.
 *
 * @param attempt the attempt's number, from 1
 * @param ordinal the step's place in the attempt, from 1
 * @param name {@code Prepare}
 * @param status how it stands
 * @param progress from 0 to 1
 * @param detail what it is doing, or how it ended; may be empty
 * @param started when
 * @param ended when; empty while it runs
 */
public record JobStep(
    int attempt,
    int ordinal,
    String name,
    Status status,
    double progress,
    String detail,
    Instant started,
    Optional<Instant> ended) {

  /** How a step stands. */
  public enum Status {
    RUNNING,
    DONE,
    FAILED
  }
}
