package dev.regild.disk.upload;

import dev.regild.disk.DisksBusyException;
import java.util.HashMap;
import java.util.Map;

/** How many requests of each account send bytes to the store now: each holds room on this node. */
final class AppendTurns {
  private static final int MOST = 8;

  private final Map<String, Integer> taken = new HashMap<>();

  /** A turn that was taken. */
  @FunctionalInterface
  interface Turn extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Takes a turn.
   *
   * @throws DisksBusyException if the account has as many as it may
   */
  synchronized Turn take(String account) throws DisksBusyException {
    int own = taken.getOrDefault(account, 0);
    if (own >= MOST) {
      throw new DisksBusyException(
          "The account %s is sending %d uploads at once, which is the most. Try again when one has ended."
              .formatted(account, own));
    }
    taken.put(account, own + 1);
    return () -> giveBack(account);
  }

  private synchronized void giveBack(String account) {
    taken.computeIfPresent(account, (_, own) -> own > 1 ? own - 1 : null);
  }
}
