package dev.regild.policy.retention;

import dev.regild.db.Database;
import dev.regild.image.Bin;
import dev.regild.job.node.RecurringWork;
import dev.regild.job.node.Turns;
import dev.regild.update.ImageDeletions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Carries out the retention of all lines every ten minutes, and deletes the files of images whose
 * deletion can't be undone any more. Of several nodes, one does it.
 */
public final class RetentionWork {
  private static final Duration FIRST = Duration.ofMinutes(1);
  private static final Duration BETWEEN = Duration.ofMinutes(10);
  private static final int AT_ONCE = 100;

  private final Database database;
  private final Retentions retentions;
  private final ImageDeletions deletions;
  private final Clock clock;

  public RetentionWork(
      Database database, Retentions retentions, ImageDeletions deletions, Clock clock) {
    this.database = database;
    this.retentions = retentions;
    this.deletions = deletions;
    this.clock = clock;
  }

  /** Returns the work, not started yet. */
  public RecurringWork work(Turns turns) {
    return new RecurringWork(
        "retention", new RecurringWork.Pauses(FIRST, BETWEEN), turns, this::carryOut);
  }

  /** Does what is due. */
  void carryOut() {
    retentions.runAll();
    purge();
  }

  /** Deletes the files of images whose time in the bin has passed. */
  public void purge() {
    Instant now = clock.instant();
    List<Bin.Binned> ended;
    do {
      ended = database.read(handle -> Bin.ended(handle, now, AT_ONCE));
      boolean purged = false;
      for (Bin.Binned each : ended) {
        purged |= deletions.purge(each);
      }
      if (!purged) {
        // What is left is being deleted already, or can't be now.
        return;
      }
    } while (!ended.isEmpty());
  }
}
