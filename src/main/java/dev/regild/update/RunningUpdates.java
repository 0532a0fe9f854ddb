package dev.regild.update;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The updates that threads of this process are making, and how to end each at once. */
final class RunningUpdates {
  private final Map<String, Running> updates = new HashMap<>();

  private static final class Running {
    final Thread thread = Thread.currentThread();
    @Nullable Runnable abort;
    boolean cancelled;
  }

  /** The current thread begins to make that image. */
  synchronized void begin(String imageId) {
    updates.put(imageId, new Running());
  }

  /**
   * Says how to end what an interrupt alone does not reach, in the place of what was said before.
   * It is run at once if the update has been cancelled already.
   */
  void onAbort(String imageId, Runnable abort) {
    if (replaceAbort(imageId, abort)) {
      abort.run();
    }
  }

  private synchronized boolean replaceAbort(String imageId, Runnable abort) {
    Running running = updates.get(imageId);
    if (running == null) {
      return false;
    }
    running.abort = abort;
    return running.cancelled;
  }

  /** Interrupts the thread that makes that image, and ends what it is doing, if there is one. */
  void cancel(String imageId) {
    interrupt(imageId).ifPresent(Runnable::run);
  }

  private synchronized Optional<Runnable> interrupt(String imageId) {
    Running running = updates.get(imageId);
    if (running == null) {
      return Optional.empty();
    }
    running.cancelled = true;
    running.thread.interrupt();
    return Optional.ofNullable(running.abort);
  }

  /** Whether the update that makes that image was cancelled while it ran. */
  synchronized boolean isCancelled(String imageId) {
    Running running = updates.get(imageId);
    return running != null && running.cancelled;
  }

  /**
   * The current thread makes that image no more: nobody interrupts it from now on, and an interrupt
   * that came for the update is taken back, so that what is left can be cleared away.
   *
   * @return whether the update was cancelled
   */
  synchronized boolean end(String imageId) {
    Running running = updates.remove(imageId);
    if (running == null || !running.cancelled) {
      return false;
    }
    Thread.interrupted();
    return true;
  }

  /** Ends what every update is doing. */
  void abortAll() {
    aborts().forEach(Runnable::run);
  }

  private synchronized List<Runnable> aborts() {
    return updates.values().stream()
        .flatMap(running -> Optional.ofNullable(running.abort).stream())
        .toList();
  }
}
