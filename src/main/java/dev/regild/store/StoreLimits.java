package dev.regild.store;

import dev.regild.files.StallGuard;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * How long a store is waited for.
 *
 * @param patience how long one call is tried again while the store is away, busy or slow
 * @param silence how long nothing may come, and how long an answer without content may take
 * @param leastRate bytes a second of each transfer
 */
public record StoreLimits(Duration patience, Duration silence, long leastRate) {
  public static final StoreLimits DEFAULT =
      new StoreLimits(Duration.ofMinutes(3), Duration.ofSeconds(30), 64 << 10);

  /** For the content of that many bytes. */
  StallGuard.Pace pace(long bytes) {
    long inWindow = Math.max(1, leastRate * silence.toMillis() / 1000);
    return new StallGuard.Pace(silence, silence, inWindow, silence)
        .forBytes(OptionalLong.of(bytes));
  }

  /** The longest that a call may take which sends that many bytes. */
  Duration sending(long bytes) {
    return pace(bytes).total();
  }
}
