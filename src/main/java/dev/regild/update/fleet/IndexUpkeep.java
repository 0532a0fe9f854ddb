package dev.regild.update.fleet;

import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.db.Lease;
import dev.regild.image.Image;
import dev.regild.image.ImageHistory;
import dev.regild.image.Inventories;
import dev.regild.insight.Changelogs;
import dev.regild.job.node.RecurringWork;
import dev.regild.job.node.Turns;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds to the index what an earlier version stored, and removes from it what nothing needs any
 * more. It works in short jobs, one after the other, so that it never keeps a worker from an
 * update, and one node at a time does it.
 */
public final class IndexUpkeep implements JobQueue.Job {
  /** The kind of the jobs; see {@link Place} for their ids. */
  public static final String KIND = "index-upkeep";

  private static final Logger LOG = LoggerFactory.getLogger(IndexUpkeep.class);
  private static final Duration LONGEST = Duration.ofSeconds(1);

  /** It looks at every image of the registry: the first requests of a server go before. */
  private static final RecurringWork.Pauses LOOKS =
      new RecurringWork.Pauses(Duration.ofSeconds(5), Duration.ofDays(1));

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

  /**
   * Returns the work of looking at the index soon after a start and once a day, not started yet.
   */
  public RecurringWork work() {
    return new RecurringWork(KIND, LOOKS, Turns.ALONE, this::begin);
  }

  private void begin() {
    database.useTransaction(handle -> jobs.enqueue(handle, KIND, Place.FIRST.id()));
  }

  @Override
  public void run(String id, Lease lease) throws InterruptedException {
    long end = System.nanoTime() + LONGEST.toNanos();
    Place place = Place.of(id);
    Optional<String> after = Optional.of(place.after());
    while (after.isPresent() && System.nanoTime() < end) {
      long started = System.nanoTime();
      after = addSome(after.get(), lease);
      // Requests and updates come first: this takes half of a processor, and of the database's
      // time.
      Thread.sleep(Duration.ofNanos(System.nanoTime() - started));
    }
    if (after.isPresent()) {
      Place next = new Place(place.number() + 1, after.get());
      database.useTransaction(handle -> jobs.enqueue(handle, KIND, next.id()));
      jobs.wake();
    } else {
      database.useTransaction(ImageHistory::prune);
    }
  }

  /**
   * Where a job goes on.
   *
   * @param number of the job
   * @param after the id of the last image that was looked at; empty before the first
   */
  private record Place(long number, String after) {
    static final Place FIRST = new Place(0, "");

    /** Reads the id of a job. An earlier version's has no image. */
    static Place of(String id) {
      int space = id.indexOf(' ');
      return space < 0
          ? FIRST
          : new Place(Long.parseLong(id.substring(0, space)), id.substring(space + 1));
    }

    String id() {
      return number + " " + after;
    }
  }

  /** Returns the id of the last image that was looked at; empty if there is nothing more to add. */
  private Optional<String> addSome(String after, Lease lease) {
    return database.inTransaction(handle -> {
      lease.require(handle);
      List<Image> images = ImageHistory.unrecorded(handle, after, IMAGES_AT_ONCE);
      ImageHistory.add(handle, images, inventories);
      int changelogs = Changelogs.index(handle, CHANGELOGS_AT_ONCE);
      return images.isEmpty() && changelogs < CHANGELOGS_AT_ONCE
          ? Optional.empty()
          : Optional.of(images.isEmpty() ? after : images.getLast().id());
    });
  }

  @Override
  public void giveUp(String id, Lease lease, String why) {
    LOG.atWarn().addKeyValue("reason", why).log("the index for searches is not complete");
  }
}
