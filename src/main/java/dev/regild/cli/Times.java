package dev.regild.cli;

import java.time.Duration;
import java.util.Locale;

/** Durations in the form that people read. */
final class Times {
  private Times() {}

  /** Returns {@code 12.3 s}, or {@code 4 ms} below a second. */
  static String text(Duration duration) {
    return duration.toMillis() < 1000
        ? duration.toMillis() + " ms"
        : String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
  }
}
