package dev.regild.update.fleet;

import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.db.Lease;
import dev.regild.image.Image;
import dev.regild.image.ImageHistory;
import dev.regild.image.Inventories;
import dev.regild.insight.Changelogs;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds to the index what an earlier version stored, and removes from it what nothing needs any
 * more. It works in short jobs, one after the other, so that it never keeps a worker from an
 * update, and one node at a time does it.
 */
public final class IndexUpkeep implements JobQueue.Job {
  /** The kind of the jobs; their ids are numbers. */
  public static final String KIND = "index-upkeep";

  private static final Logger LOG = LoggerFactory.getLogger(IndexUpkeep.class);
  private static final Duration LONGEST = Duration.ofSeconds(1);

  /** In one transaction, in which nobody else can write to an SQLite. */
  private static final int IMAGES_AT_ONCE = 20;

  private static final int CHANGELOGS_AT_ONCE = 5;

  private final Database database;
  private final Inventories inventories;
  private final JobQueue jobs;

  public IndexUpkeep(Database database, Inventories inventories, JobQueue jobs) {
    this.database = database;
    this.inventories = inventories;
    this.jobs = jobs;
  }

  /** Has the index looked at once. */
  public void begin() {
    database.useTransaction(handle -> jobs.enqueue(handle, KIND, "0"));
  }

  @Override
  public void run(String id, Lease lease) {
    long end = System.nanoTime() + LONGEST.toNanos();
    boolean more = true;
    while (more && System.nanoTime() < end) {
      more = addSome(lease);
    }
    if (more) {
      database.useTransaction(handle -> jobs.enqueue(handle, KIND, next(id)));
      jobs.wake();
    } else {
      database.useTransaction(ImageHistory::prune);
    }
  }

  private static String next(String id) {
    return String.valueOf(Long.parseLong(id) + 1);
  }

  /** Returns whether there may be more. */
  private boolean addSome(Lease lease) {
    return database.inTransaction(handle -> {
      lease.require(handle);
      List<Image> images = ImageHistory.unrecorded(handle, IMAGES_AT_ONCE);
      int added = ImageHistory.add(handle, images, inventories);
      int changelogs = Changelogs.index(handle, CHANGELOGS_AT_ONCE);
      return added > 0 || changelogs == CHANGELOGS_AT_ONCE;
    });
  }

  @Override
  public void giveUp(String id, Lease lease, String why) {
    LOG.atWarn().addKeyValue("reason", why).log("the index for searches is not complete");
  }
}
