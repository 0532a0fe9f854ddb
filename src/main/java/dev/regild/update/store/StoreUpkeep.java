package dev.regild.update.store;

import dev.regild.db.Database;
import dev.regild.db.DatabaseTime;
import dev.regild.job.node.Turns;
import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects a store's garbage and scrubs it at intervals. Every node asks the database for its turn,
 * and one of them gets it; it keeps the turn until it is done.
 */
public final class StoreUpkeep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StoreUpkeep.class);

  /** The time between two collections, and two rounds of scrubbing, on whichever node. */
  private static final Duration BETWEEN = Duration.ofMinutes(30);

  private static final Duration LOOK = Duration.ofMinutes(1);

  private final Database database;
  private final StoreGarbage garbage;
  private final StoreScrub scrub;
  private final Turns turns;
  private final Thread thread = Thread.ofVirtual().name("store-upkeep").unstarted(this::run);

  private StoreUpkeep(Database database, StoreGarbage garbage, StoreScrub scrub, Turns turns) {
    this.database = database;
    this.garbage = garbage;
    this.scrub = scrub;
    this.turns = turns;
  }

  /** Starts asking for turns in the background, until it is closed. */
  public static StoreUpkeep start(
      Database database, StoreGarbage garbage, StoreScrub scrub, Turns turns) {
    StoreUpkeep upkeep = new StoreUpkeep(database, garbage, scrub, turns);
    upkeep.thread.start();
    return upkeep;
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(LOOK);
        look();
      }
    } catch (InterruptedException e) {
      LOG.debug("the upkeep of the store ends");
    }
  }

  private void look() throws InterruptedException {
    try {
      inTurn("garbage", garbage::collect);
      inTurn("scrub", () -> scrub.round(BETWEEN));
    } catch (IOException | RuntimeException e) {
      // The next turn tries again.
      LOG.atWarn()
          .addKeyValue("reason", e.toString())
          .log("the upkeep of the store was interrupted");
    }
  }

  private interface Task {
    Object run() throws IOException, InterruptedException;
  }

  private void inTurn(String name, Task task) throws IOException, InterruptedException {
    if (!turns.take(name)) {
      return;
    }
    try {
      if (isOurTurn(database, name, BETWEEN)) {
        var _ = task.run();
      }
    } finally {
      turns.giveBack(name);
    }
  }

  /** Takes the turn of a task, unless a node took it within this time, by the database's clock. */
  static boolean isOurTurn(Database database, String task, Duration between) {
    return database.inTransaction(handle -> {
      handle
          .createUpdate(
              "INSERT INTO store_task (name, begun) VALUES (:name, 0) ON CONFLICT (name) DO NOTHING")
          .bind("name", task)
          .execute();
      long now = DatabaseTime.now(handle).toEpochMilli();
      return handle
              .createUpdate(
                  "UPDATE store_task SET begun = :now WHERE name = :name AND begun <= :before")
              .bind("now", now)
              .bind("name", task)
              .bind("before", now - between.toMillis())
              .execute()
          == 1;
    });
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      var _ = thread.join(Duration.ofSeconds(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
