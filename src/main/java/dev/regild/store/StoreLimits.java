package dev.regild.store;

import dev.regild.files.StallGuard;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * How long to wait for a store.
 *
 * @param patience how long to repeat a call while the store is unreachable, busy or slow
 * @param silence how long the store may send nothing, and take for an answer without content
 * @param leastRate the minimum rate of each transfer, in bytes a second
 */
public record StoreLimits(Duration patience, Duration silence, long leastRate) {
  public static final StoreLimits DEFAULT =
      new StoreLimits(Duration.ofMinutes(3), Duration.ofSeconds(30), 64 << 10);

  /** Returns the pace for content of this size. */
  StallGuard.Pace pace(long bytes) {
    long inWindow = Math.max(1, leastRate * silence.toMillis() / 1000);
    return new StallGuard.Pace(silence, silence, inWindow, silence)
        .forBytes(OptionalLong.of(bytes));
  }

  /** Returns the longest time that a call which sends this many bytes may take. */
  Duration sending(long bytes) {
    return pace(bytes).total();
  }
}
