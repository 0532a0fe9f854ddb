package dev.regild.job;

import dev.regild.db.JobQueue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The jobs that threads of this process run, by the image that each makes (an export, by its task),
 * and how to end each at once.
 */
public final class RunningJobs {
  private final Map<String, Running> jobs = new HashMap<>();
  private boolean goingDown;

  private static final class Running {
    final Thread thread = Thread.currentThread();
    Runnable abort = () -> {};
    boolean cancelled;
    boolean lost;

    boolean isToEnd() {
      return cancelled || lost;
    }
  }

  /** The current thread begins to make that image. */
  synchronized void begin(String imageId) {
    jobs.put(imageId, new Running());
  }

  /**
   * Says how to end what an interrupt alone does not reach, in the place of what was said before.
   * It is run at once if the job is to end already.
   */
  void onAbort(String imageId, Runnable abort) {
    if (replaceAbort(imageId, abort)) {
      abort.run();
    }
  }

  private synchronized boolean replaceAbort(String imageId, Runnable abort) {
    Running running = jobs.get(imageId);
    if (running == null) {
      throw new IllegalStateException("No job is creating the image " + imageId + ".");
    }
    running.abort = abort;
    return goingDown || running.isToEnd();
  }

  /** Ends what the job is doing, and waits for that. */
  void abort(String imageId) {
    abortOf(imageId).ifPresent(Runnable::run);
  }

  private synchronized Optional<Runnable> abortOf(String imageId) {
    return Optional.ofNullable(jobs.get(imageId)).map(running -> running.abort);
  }

  /**
   * Interrupts the thread that makes that image, if there is one, and has ended what it is doing;
   * does not wait for that.
   */
  public void cancel(String imageId) {
    end(imageId, running -> running.cancelled = true);
  }

  /** The same where another attempt has begun elsewhere, which makes that image. */
  void lose(String imageId) {
    end(imageId, running -> running.lost = true);
  }

  private void end(String imageId, Consumer<Running> reason) {
    if (interrupt(imageId, reason)) {
      Thread.ofVirtual().name("end-" + imageId).start(() -> abort(imageId));
    }
  }

  /** Whether there is a job to end that nobody has told so before. */
  private synchronized boolean interrupt(String imageId, Consumer<Running> reason) {
    Running running = jobs.get(imageId);
    if (running == null) {
      return false;
    }
    boolean known = running.isToEnd();
    reason.accept(running);
    if (known) {
      return false;
    }
    running.thread.interrupt();
    return true;
  }

  /**
   * Asked when the job failed: whether that is a failure of its own.
   *
   * @throws CancelledJobException if the job was cancelled while it ran
   * @throws InterruptedException if another attempt has begun, or the process is going down
   */
  synchronized void requireGoingOn(String imageId, Exception failure) throws InterruptedException {
    Running running = jobs.get(imageId);
    if (running != null && running.cancelled) {
      throw new CancelledJobException(imageId);
    }
    if (goingDown || (running != null && running.lost)) {
      throw JobQueue.Job.interrupted(failure);
    }
  }

  /**
   * The current thread makes that image no more: nobody interrupts it from now on, and an interrupt
   * that came for the job is taken back, so that what is left can be cleared away.
   *
   * @return whether the job was cancelled while it ran
   */
  synchronized boolean end(String imageId) {
    Running running = jobs.remove(imageId);
    if (running == null || !running.isToEnd()) {
      return false;
    }
    Thread.interrupted();
    return running.cancelled;
  }

  /** Ends what every job is doing, and what it would begin: the process is going down. */
  void abortAll() {
    goDown().forEach(Runnable::run);
  }

  private synchronized List<Runnable> goDown() {
    if (goingDown) {
      return List.of();
    }
    goingDown = true;
    return jobs.values().stream().map(running -> running.abort).toList();
  }
}
