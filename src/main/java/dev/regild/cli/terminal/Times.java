package dev.regild.cli.terminal;

import java.time.Duration;
import java.util.Locale;

/** Durations in the form that people read. */
public final class Times {
  private Times() {}

  /** Returns an interval as the options take it: {@code 6h}. */
  public static String interval(Duration interval) {
    long seconds = interval.toSeconds();
    if (seconds > 0 && seconds % 86_400 == 0) {
      return seconds / 86_400 + "d";
    }
    if (seconds > 0 && seconds % 3600 == 0) {
      return seconds / 3600 + "h";
    }
    return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }

  /** Returns {@code 12.3 s}, or {@code 4 ms} below a second. */
  public static String text(Duration duration) {
    return duration.toMillis() < 1000
        ? duration.toMillis() + " ms"
        : String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
  }
}
