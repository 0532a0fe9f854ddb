package dev.regild.disk;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Turns at what costs much memory and processor time: so many at one time, and of these one for
 * each account, so that an account with many disks keeps nobody else waiting behind all of them.
 */
final class CheckTurns {
  private final Map<String, AccountQueue> queues = new HashMap<>();

  /** Of the first in each account's queue. Fair: who came first has the first turn. */
  private final Semaphore turns;

  /** Of one account; there for as long as somebody of it waits or has its turn. */
  private static final class AccountQueue {
    final Semaphore turn = new Semaphore(1, true);
    int members;
  }

  CheckTurns(int atOnce) {
    this.turns = new Semaphore(atOnce, true);
  }

  /** A turn that was taken. */
  @FunctionalInterface
  interface Turn extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Waits for a turn.
   *
   * @throws DisksBusyException if there was none in that time
   */
  Turn take(String account, Duration wait) throws DisksBusyException, InterruptedException {
    long deadline = System.nanoTime() + wait.toNanos();
    AccountQueue queue = enter(account);
    boolean first = false;
    boolean taken = false;
    try {
      first = isTaken(queue.turn, deadline);
      taken = first && isTaken(turns, deadline);
      if (!taken) {
        throw new DisksBusyException(wait);
      }
      return () -> {
        turns.release();
        leave(account, queue, true);
      };
    } finally {
      if (!taken) {
        leave(account, queue, first);
      }
    }
  }

  /** Whether nobody has a turn, or waits for one. */
  synchronized boolean isIdle() {
    return queues.isEmpty();
  }

  private static boolean isTaken(Semaphore semaphore, long deadline) throws InterruptedException {
    return semaphore.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
  }

  private synchronized AccountQueue enter(String account) {
    AccountQueue queue = queues.computeIfAbsent(account, _ -> new AccountQueue());
    queue.members++;
    return queue;
  }

  private synchronized void leave(String account, AccountQueue queue, boolean first) {
    if (first) {
      queue.turn.release();
    }
    queue.members--;
    if (queue.members == 0) {
      queues.remove(account);
    }
  }
}
