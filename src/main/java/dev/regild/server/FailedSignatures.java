package dev.regild.server;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * How often callers could not show who they are, by their address and by the key that they named.
 * Past what a mistake explains, the answer is held back. Only refusals are: a right signature is
 * never slowed down, so nobody can lock the owner of a key out by naming it, nor a neighbour behind
 * the same proxy.
 */
final class FailedSignatures {
  /** As many in a row are free. */
  private static final int FREE = 100;

  /** So many are forgotten each second. */
  private static final int FORGOTTEN_PER_SECOND = 1;

  private static final Duration STEP = Duration.ofMillis(10);
  private static final Duration LONGEST = Duration.ofSeconds(2);

  /** Counters that are kept; past that, the one that has not counted for the longest time goes. */
  private static final int MOST = 4096;

  private final LongSupplier nanoTime;
  private final Map<String, Counter> counters =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Counter> eldest) {
          return size() > MOST;
        }
      };

  FailedSignatures(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Failures, as many as are not forgotten at that time. */
  private record Counter(double failures, long time) {}

  /**
   * One more.
   *
   * @param key the id of a key of this server, if the request names one
   * @return how long to hold the answer back
   */
  synchronized Duration failed(ClientAddress address, Optional<String> key) {
    double failures = count("address " + address.text());
    if (key.isPresent()) {
      failures = Math.max(failures, count("key " + key.get()));
    }
    long past = Math.round(Math.max(0, failures - FREE));
    Duration delay = STEP.multipliedBy(past);
    return delay.compareTo(LONGEST) > 0 ? LONGEST : delay;
  }

  synchronized int size() {
    return counters.size();
  }

  private double count(String whose) {
    long now = nanoTime.getAsLong();
    Counter before = counters.getOrDefault(whose, new Counter(0, now));
    double forgotten = (now - before.time) / 1e9 * FORGOTTEN_PER_SECOND;
    // Beyond this no delay grows, and none would end after a flood has.
    double most = FREE + (double) LONGEST.toMillis() / STEP.toMillis();
    double failures = Math.min(most, Math.max(0, before.failures - forgotten) + 1);
    counters.put(whose, new Counter(failures, now));
    return failures;
  }
}
