package dev.regild.server.telemetry;

import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** How many lines are written for those whom nobody knows: a burst, then so many a second. */
final class LineBudget {
  private final int burst;
  private final double perSecond;
  private final LongSupplier nanoTime;
  private double left;
  private long last;
  private long omitted;

  LineBudget(int burst, double perSecond, LongSupplier nanoTime) {
    this.burst = burst;
    this.perSecond = perSecond;
    this.nanoTime = nanoTime;
    this.left = burst;
    this.last = nanoTime.getAsLong();
  }

  /**
   * Asks for one line.
   *
   * @return how many were left out since the last one; empty if this one is left out, too
   */
  synchronized OptionalLong take() {
    long now = nanoTime.getAsLong();
    left = Math.min(burst, left + (now - last) / 1e9 * perSecond);
    last = now;
    if (left < 1) {
      omitted++;
      return OptionalLong.empty();
    }
    left -= 1;
    long before = omitted;
    omitted = 0;
    return OptionalLong.of(before);
  }
}
