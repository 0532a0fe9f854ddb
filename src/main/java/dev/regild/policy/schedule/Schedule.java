package dev.regild.policy.schedule;

import dev.regild.image.Owner;
import java.time.Instant;

/**
 * A schedule and how it does.
 *
 * @param disabledWhy why Regild disabled it; empty if somebody did, or nobody has
 * @param seen its times up to this one have been seen to
 * @param failures updates that failed in a row
 */
public record Schedule(
    String id,
    Owner owner,
    String name,
    ScheduleSpec spec,
    boolean enabled,
    String disabledWhy,
    Instant seen,
    int failures) {

  /** Returns how the acts of the schedule are signed. */
  public String signature() {
    return "schedule/" + name;
  }
}
