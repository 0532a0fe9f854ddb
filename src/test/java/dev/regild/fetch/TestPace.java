package dev.regild.fetch;

import dev.regild.files.StallGuard;
import java.time.Duration;

/** The pace of mirrors, for tests that don't wait a minute. */
public final class TestPace {
  private TestPace() {}

  public static StallGuard.Pace silence(Duration silence) {
    StallGuard.Pace usual = StallGuard.Pace.OF_MIRRORS;
    return new StallGuard.Pace(silence, usual.window(), usual.bytesPerWindow(), usual.total());
  }
}
