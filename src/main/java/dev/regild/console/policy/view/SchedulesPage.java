package dev.regild.console.policy.view;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The schedules.
 *
 * @param next where the next ones are; empty if there are none
 */
public record SchedulesPage(List<Row> rows, boolean first, String next, Instant now) {

  /**
   * A schedule.
   *
   * @param disabledWhy why Regild disabled it; empty if it did not
   * @param conditions in words
   * @param next its next time; empty if it is disabled
   */
  public record Row(
      String name,
      boolean enabled,
      String disabledWhy,
      List<String> lines,
      String times,
      String conditions,
      Optional<Instant> next) {}
}
