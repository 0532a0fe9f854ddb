package dev.regild.policy.retention;

import dev.regild.db.Database;
import dev.regild.image.Bin;
import dev.regild.job.node.Turns;
import dev.regild.update.ImageDeletions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out the retention of all lines every ten minutes, and deletes the files of images whose
 * deletion can't be undone any more. Of several nodes, one does it.
 */
public final class RetentionWork implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RetentionWork.class);
  private static final String TURN = "retention";
  private static final Duration FIRST = Duration.ofMinutes(1);
  private static final Duration BETWEEN = Duration.ofMinutes(10);
  private static final int AT_ONCE = 100;

  private final Database database;
  private final Retentions retentions;
  private final ImageDeletions deletions;
  private final Turns turns;
  private final Clock clock;
  private final Thread thread = Thread.ofVirtual().name("retention").unstarted(this::work);

  public RetentionWork(
      Database database,
      Retentions retentions,
      ImageDeletions deletions,
      Turns turns,
      Clock clock) {
    this.database = database;
    this.retentions = retentions;
    this.deletions = deletions;
    this.turns = turns;
    this.clock = clock;
  }

  /** Starts, and works until it is closed. */
  public void start() {
    thread.start();
  }

  private void work() {
    try {
      Thread.sleep(FIRST);
      while (true) {
        inTurn();
        Thread.sleep(BETWEEN);
      }
    } catch (InterruptedException e) {
      LOG.debug("the retention ends");
    }
  }

  /** Does what is due if no other node does; logs what fails. */
  void inTurn() {
    try {
      if (turns.take(TURN)) {
        try {
          retentions.runAll();
          purge();
        } finally {
          turns.giveBack(TURN);
        }
      }
    } catch (RuntimeException e) {
      LOG.atWarn().addKeyValue("reason", e.toString()).log("the retention was interrupted");
    }
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

  @Override
  public void close() {
    thread.interrupt();
  }
}
