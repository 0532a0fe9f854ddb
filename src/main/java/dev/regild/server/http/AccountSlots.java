package dev.regild.server.http;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.image.quota.Quota;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * How much of one thing each account does at one time on this server, and all of them together. A
 * key that may only read has half of its account's, rounded up: it leaves the rest to the others.
 */
public final class AccountSlots {
  private final Quota quota;
  private final ToIntFunction<String> limits;
  private final int mostTogether;
  private final Map<String, Integer> ofAccounts = new HashMap<>();
  private final Map<String, Integer> ofKeys = new HashMap<>();
  private int together;

  /**
   * Nothing is taken.
   *
   * @param limits how many an account may have, by its id
   * @param mostTogether how many all accounts may have
   */
  public AccountSlots(Quota quota, ToIntFunction<String> limits, int mostTogether) {
    this.quota = quota;
    this.limits = limits;
    this.mostTogether = mostTogether;
  }

  /** One of them. */
  @FunctionalInterface
  public interface Slot extends AutoCloseable {
    /** Gives it back. */
    @Override
    void close();
  }

  /**
   * Takes one.
   *
   * @throws ApiException ThrottlingException if the account or the key has as many as it may,
   *     ServiceUnavailableException if all together have
   */
  public Slot take(Caller caller) {
    String account = caller.owner().accountId();
    int limit = limits.applyAsInt(account);
    int limitOfKey = caller.readOnly() ? limit / 2 + limit % 2 : limit;
    synchronized (this) {
      int used = ofAccounts.getOrDefault(account, 0);
      if (used >= limit) {
        throw new ApiException(
            ErrorType.THROTTLING,
            "The quota for concurrent %s is %d, and the account %s has %d running. Wait until one ends, or ask for a higher quota."
                .formatted(quota, limit, account, used));
      }
      int usedByKey = ofKeys.getOrDefault(caller.key(), 0);
      if (usedByKey >= limitOfKey) {
        throw new ApiException(
            ErrorType.THROTTLING,
            "The quota for concurrent %s is %d, of which a read-only key may use %d, and this one uses %d. Wait until one ends, or use another key."
                .formatted(quota, limit, limitOfKey, usedByKey));
      }
      if (together >= mostTogether) {
        throw new ApiException(
            ErrorType.SERVICE_UNAVAILABLE,
            "The server is already running as many %s as it can; try again later."
                .formatted(quota));
      }
      ofAccounts.put(account, used + 1);
      ofKeys.put(caller.key(), usedByKey + 1);
      together++;
    }
    return () -> giveBack(account, caller.key());
  }

  private synchronized void giveBack(String account, String key) {
    ofAccounts.computeIfPresent(account, (_, used) -> used > 1 ? used - 1 : null);
    ofKeys.computeIfPresent(key, (_, used) -> used > 1 ? used - 1 : null);
    together--;
  }
}
