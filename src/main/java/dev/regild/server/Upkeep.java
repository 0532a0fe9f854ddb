package dev.regild.server;

import dev.regild.db.Database;
import dev.regild.image.jobs.DiskDeletions;
import dev.regild.job.node.Turns;
import dev.regild.update.ImageDeletions;
import dev.regild.update.ImageFlattenings;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends what a process began and did not end, because it was killed in between: deletions of images,
 * of disks, and of layers that went out of use. An only server does so when it starts. Of several
 * nodes, one does so now and then: which of them died, and when, nobody has to know.
 */
final class Upkeep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
  private static final String TURN = "upkeep";
  private static final Duration BETWEEN = Duration.ofMinutes(1);

  private final ImageDeletions deletions;
  private final ImageFlattenings flattenings;
  private final DiskDeletions disks;
  private final Turns turns;
  private final Thread thread = Thread.ofVirtual().name("upkeep").unstarted(this::run);

  private Upkeep(
      ImageDeletions deletions, ImageFlattenings flattenings, DiskDeletions disks, Turns turns) {
    this.deletions = deletions;
    this.flattenings = flattenings;
    this.disks = disks;
    this.turns = turns;
  }

  static Upkeep start(
      Database database,
      ImageDeletions deletions,
      ImageFlattenings flattenings,
      DiskDeletions disks,
      Turns turns) {
    Upkeep upkeep = new Upkeep(deletions, flattenings, disks, turns);
    if (database.isShared()) {
      upkeep.thread.start();
    } else {
      upkeep.once();
    }
    return upkeep;
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(BETWEEN);
        inTurn();
      }
    } catch (InterruptedException e) {
      LOG.debug("the upkeep ends");
    }
  }

  private void inTurn() {
    try {
      if (turns.take(TURN)) {
        try {
          once();
        } finally {
          turns.giveBack(TURN);
        }
      }
    } catch (RuntimeException e) {
      LOG.atWarn().addKeyValue("reason", e.getMessage()).log("the upkeep was interrupted");
    }
  }

  private void once() {
    deletions.finishAll();
    flattenings.removeRetired();
    disks.finishAll();
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
