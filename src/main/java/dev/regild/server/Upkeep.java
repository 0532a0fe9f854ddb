package dev.regild.server;

import dev.regild.db.Database;
import dev.regild.disk.upload.ResumableUploads;
import dev.regild.image.ImageHistory;
import dev.regild.image.jobs.DiskDeletions;
import dev.regild.job.node.RecurringWork;
import dev.regild.job.node.Turns;
import dev.regild.update.ImageDeletions;
import dev.regild.update.ImageFlattenings;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * Ends what a process began and did not end, because it was killed in between: deletions of images,
 * of disks, and of layers that went out of use. An only server does so when it starts. Of several
 * nodes, one does so now and then: which of them died, and when, nobody has to know. Once a day, it
 * forgets images that were deleted long ago. Each node removes its own uploads that nobody goes on
 * with.
 */
final class Upkeep implements AutoCloseable {
  private static final Duration BETWEEN = Duration.ofMinutes(1);
  private static final Duration BETWEEN_PRUNINGS = Duration.ofDays(1);

  private final Database database;
  private final ImageDeletions deletions;
  private final ImageFlattenings flattenings;
  private final DiskDeletions disks;
  private final Clock clock;
  private final RecurringWork work;
  private final RecurringWork uploadsWork;

  /** The upkeep of the index does it at the start. */
  private Instant pruned;

  Upkeep(
      Database database,
      ImageDeletions deletions,
      ImageFlattenings flattenings,
      DiskDeletions disks,
      ResumableUploads uploads,
      Turns turns,
      Clock clock) {
    this.database = database;
    this.deletions = deletions;
    this.flattenings = flattenings;
    this.disks = disks;
    this.clock = clock;
    this.pruned = clock.instant();
    RecurringWork.Pauses pauses = RecurringWork.Pauses.of(BETWEEN);
    this.work = new RecurringWork("upkeep", pauses, turns, this::inTurn);
    // Their space is of use to all that this server does.
    this.uploadsWork = new RecurringWork("uploads", pauses, Turns.ALONE, uploads::removeAbandoned);
  }

  /** Does what an only server does at its start, and begins what recurs. */
  void start() {
    if (!database.isShared()) {
      once();
    }
    work.start();
    uploadsWork.start();
  }

  /** Does what is due on one node. */
  void inTurn() {
    if (database.isShared()) {
      once();
    }
    prune();
  }

  private void once() {
    deletions.finishAll();
    flattenings.removeRetired();
    disks.finishAll();
  }

  private void prune() {
    Instant now = clock.instant();
    if (!now.isBefore(pruned.plus(BETWEEN_PRUNINGS))) {
      database.useTransaction(ImageHistory::prune);
      pruned = now;
    }
  }

  @Override
  public void close() {
    uploadsWork.close();
    work.close();
  }
}
