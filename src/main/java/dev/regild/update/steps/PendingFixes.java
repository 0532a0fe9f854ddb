package dev.regild.update.steps;

import dev.regild.insight.Fixes;

/** What an update fixes, which may still be read from the changelogs of its packages. */
public interface PendingFixes extends AutoCloseable {
  /** Returns whether {@link #await} would not wait. */
  boolean isDone();

  /** Returns what the update fixes, once all changelogs are read. */
  Fixes await() throws InterruptedException;

  /** Ends the reading; what was read until then is lost if nobody awaited it. */
  @Override
  void close();
}
