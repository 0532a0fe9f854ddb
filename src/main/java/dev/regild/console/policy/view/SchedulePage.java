package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A schedule.
 *
 * @param facts what it does, in words
 * @param next its next times; none if it is disabled
 * @param runs the last ones, the newest first
 */
public record SchedulePage(
    String name,
    boolean enabled,
    String disabledWhy,
    Map<String, String> facts,
    List<Instant> next,
    List<Run> runs,
    Commands commands,
    Instant now) {

  /**
   * A time at which it acted.
   *
   * @param askedBy empty if it was due
   * @param ended empty while it goes on
   */
  public record Run(
      Instant due, Optional<Instant> ended, String askedBy, String note, Decisions decisions) {}

  public String path(String below) {
    return Paths.schedule(name, below);
  }
}
