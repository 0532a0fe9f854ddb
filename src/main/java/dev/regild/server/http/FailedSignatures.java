package dev.regild.server.http;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * How often callers failed to authenticate, by address and by the key that they named. After more
 * failures than a mistake explains, refusals are delayed. A right signature is never delayed, so
 * nobody can lock out a key's owner, or a neighbour behind the same proxy.
 */
final class FailedSignatures {
  /** As many in a row are free. */
  private static final int FREE = 100;

  /** So many are forgotten each second. */
  private static final int FORGOTTEN_PER_SECOND = 1;

  private static final Duration STEP = Duration.ofMillis(10);
  private static final Duration LONGEST = Duration.ofSeconds(2);

  /**
   * The number of counters. Beyond it, frequently used ones stay: a flood of invented addresses
   * evicts its own counters, not the counter of a key that is being guessed.
   */
  private static final int MOST = 4096;

  private final LongSupplier nanoTime;
  private final Cache<String, Counter> counters =
      Caffeine.newBuilder().maximumSize(MOST).executor(Runnable::run).build();

  FailedSignatures(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Failures, as many as are not forgotten at that time. */
  private record Counter(double failures, long time) {
    Counter oneMore(long now) {
      double forgotten = (now - time) / 1e9 * FORGOTTEN_PER_SECOND;
      // More would not make a delay longer, and would make it outlast a flood.
      double most = FREE + (double) LONGEST.toMillis() / STEP.toMillis();
      return new Counter(Math.min(most, Math.max(0, failures - forgotten) + 1), now);
    }
  }

  /**
   * One more.
   *
   * @param key the id of a key of this server, if the request names one
   * @return how long to hold the answer back
   */
  Duration failed(ClientAddress address, Optional<String> key) {
    double failures = count("address " + address.text());
    if (key.isPresent()) {
      failures = Math.max(failures, count("key " + key.get()));
    }
    long past = Math.round(Math.max(0, failures - FREE));
    Duration delay = STEP.multipliedBy(past);
    return delay.compareTo(LONGEST) > 0 ? LONGEST : delay;
  }

  long size() {
    counters.cleanUp();
    return counters.estimatedSize();
  }

  private double count(String whose) {
    long now = nanoTime.getAsLong();
    return counters
        .asMap()
        .compute(whose, (_, before) -> before == null ? new Counter(1, now) : before.oneMore(now))
        .failures();
  }
}
