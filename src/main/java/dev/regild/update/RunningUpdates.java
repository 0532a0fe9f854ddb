package dev.regild.update;

import dev.regild.db.JobQueue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The updates that threads of this process are making, and how to end each at once. */
final class RunningUpdates {
  private final Map<String, Running> updates = new HashMap<>();
  private boolean goingDown;

  private static final class Running {
    final Thread thread = Thread.currentThread();
    Runnable abort = () -> {};
    boolean cancelled;
  }

  /** The current thread begins to make that image. */
  synchronized void begin(String imageId) {
    updates.put(imageId, new Running());
  }

  /**
   * Says how to end what an interrupt alone does not reach, in the place of what was said before.
   * It is run at once if the update is to end already.
   */
  void onAbort(String imageId, Runnable abort) {
    if (replaceAbort(imageId, abort)) {
      abort.run();
    }
  }

  private synchronized boolean replaceAbort(String imageId, Runnable abort) {
    Running running = updates.get(imageId);
    if (running == null) {
      throw new IllegalStateException("Nobody makes the image " + imageId + ".");
    }
    running.abort = abort;
    return goingDown || running.cancelled;
  }

  /** Ends what the update is doing, and waits for that. */
  void abort(String imageId) {
    abortOf(imageId).ifPresent(Runnable::run);
  }

  private synchronized Optional<Runnable> abortOf(String imageId) {
    return Optional.ofNullable(updates.get(imageId)).map(running -> running.abort);
  }

  /**
   * Interrupts the thread that makes that image, if there is one, and has ended what it is doing;
   * does not wait for that.
   */
  void cancel(String imageId) {
    if (interrupt(imageId)) {
      Thread.ofVirtual().name("cancel-" + imageId).start(() -> abort(imageId));
    }
  }

  private synchronized boolean interrupt(String imageId) {
    Running running = updates.get(imageId);
    if (running == null) {
      return false;
    }
    running.cancelled = true;
    running.thread.interrupt();
    return true;
  }

  /**
   * Asked when the update failed: whether that is a failure of its own.
   *
   * @throws CancelledUpdateException if the update was cancelled while it ran
   * @throws InterruptedException if the process is going down
   */
  synchronized void requireGoingOn(String imageId, Exception failure) throws InterruptedException {
    Running running = updates.get(imageId);
    if (running != null && running.cancelled) {
      throw new CancelledUpdateException(imageId);
    }
    if (goingDown) {
      throw JobQueue.Job.interrupted(failure);
    }
  }

  /**
   * The current thread makes that image no more: nobody interrupts it from now on, and an interrupt
   * that came for the update is taken back, so that what is left can be cleared away.
   *
   * @return whether the update was cancelled while it ran
   */
  synchronized boolean end(String imageId) {
    Running running = updates.remove(imageId);
    if (running == null || !running.cancelled) {
      return false;
    }
    Thread.interrupted();
    return true;
  }

  /** Ends what every update is doing, and what it would begin: the process is going down. */
  void abortAll() {
    goDown().forEach(Runnable::run);
  }

  private synchronized List<Runnable> goDown() {
    goingDown = true;
    return updates.values().stream().map(running -> running.abort).toList();
  }
}
