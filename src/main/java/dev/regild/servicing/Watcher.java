package dev.regild.servicing;

/** Told how to end at once what runs at the moment; each time in the place of what it knew. */
@FunctionalInterface
public interface Watcher {
  /**
   * Something has begun that may take long.
   *
   * @param abort ends it, from any thread; does no harm when it has ended already
   */
  void running(Runnable abort);
}
