package dev.regild.files;

/** Work in a thread of its own. Whoever starts it closes it, and then it has ended. */
public final class Background implements AutoCloseable {
  private final Thread thread;

  private Background(Thread thread) {
    this.thread = thread;
  }

  /**
   * Starts work.
   *
   * @param name of its thread
   * @param work ends soon if its thread is interrupted
   */
  public static Background start(String name, Runnable work) {
    return new Background(Thread.ofPlatform().name(name).daemon().start(work));
  }

  /** Ends the work, if it still runs, and waits until it has ended, even if interrupted. */
  @Override
  public void close() {
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
