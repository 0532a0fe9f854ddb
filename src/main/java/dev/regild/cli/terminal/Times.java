package dev.regild.cli.terminal;

import java.time.Duration;
import java.util.Locale;

/** Durations in the form that people read. */
public final class Times {
  private Times() {}

  /** Returns {@code 12.3 s}, or {@code 4 ms} below a second. */
  public static String text(Duration duration) {
    return duration.toMillis() < 1000
        ? duration.toMillis() + " ms"
        : String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
  }
}
