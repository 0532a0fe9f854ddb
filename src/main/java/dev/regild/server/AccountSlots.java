package dev.regild.server;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.image.Quota;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToIntFunction;

/** How much of one thing each account does at one time on this server, and all of them together. */
final class AccountSlots {
  private final Quota quota;
  private final ToIntFunction<String> limits;
  private final int mostTogether;
  private final Map<String, Integer> taken = new HashMap<>();
  private int together;

  /**
   * Nothing is taken.
   *
   * @param limits how many an account may have, by its id
   * @param mostTogether how many all accounts may have
   */
  AccountSlots(Quota quota, ToIntFunction<String> limits, int mostTogether) {
    this.quota = quota;
    this.limits = limits;
    this.mostTogether = mostTogether;
  }

  /** One of them. */
  @FunctionalInterface
  interface Slot extends AutoCloseable {
    /** Gives it back. */
    @Override
    void close();
  }

  /**
   * Takes one.
   *
   * @throws ApiException ThrottlingException if the account has as many as it may,
   *     ServiceUnavailableException if all together have
   */
  Slot take(String account) {
    int limit = limits.applyAsInt(account);
    synchronized (this) {
      int used = taken.getOrDefault(account, 0);
      if (used >= limit) {
        throw new ApiException(
            ErrorType.THROTTLING,
            "The quota of %s at one time is %d, and the account %s has %d. Wait until one has ended, or have the quota raised."
                .formatted(quota, limit, account, used));
      }
      if (together >= mostTogether) {
        throw new ApiException(
            ErrorType.SERVICE_UNAVAILABLE,
            "The server has as many %s as it can; try again later.".formatted(quota));
      }
      taken.put(account, used + 1);
      together++;
    }
    return () -> giveBack(account);
  }

  private synchronized void giveBack(String account) {
    taken.computeIfPresent(account, (_, used) -> used > 1 ? used - 1 : null);
    together--;
  }
}
