package dev.regild.console.policy.view;

import java.time.Instant;
import java.util.List;

/**
 * What a schedule would do now and at its next times, and why not.
 *
 * @param enabled whether it acts at its times
 * @param times the first one is now
 */
public record ForecastPage(String name, boolean enabled, List<At> times, Instant now) {

  /** What it would do at a time. */
  public record At(Instant time, Decisions decisions) {}

  public String path(String below) {
    return Paths.schedule(name, below);
  }
}
