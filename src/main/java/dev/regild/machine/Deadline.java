package dev.regild.machine;

import java.time.Duration;

/**
 * The moment at which something must be done, which no change of the host's clock moves.
 *
 * @param nanoTime of {@link System#nanoTime}
 */
public record Deadline(long nanoTime) {
  public static Deadline in(Duration duration) {
    return new Deadline(System.nanoTime() + duration.toNanos());
  }

  /** The time that is left; zero if it is over. */
  public Duration left() {
    return Duration.ofNanos(Math.max(0, nanoTime - System.nanoTime()));
  }

  public boolean isOver() {
    return left().isZero();
  }

  /** The earlier of this one and one that begins now. */
  public Deadline atMost(Duration duration) {
    return left().compareTo(duration) <= 0 ? this : in(duration);
  }
}
