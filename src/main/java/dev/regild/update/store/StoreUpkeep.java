package dev.regild.update.store;

import dev.regild.db.Database;
import dev.regild.db.DatabaseTime;
import dev.regild.job.node.RecurringWork;
import dev.regild.job.node.Turns;
import java.time.Duration;

/** Collects a store's garbage and scrubs it at intervals, each on one node at a time. */
public final class StoreUpkeep implements AutoCloseable {
  /** The time between two collections, and two rounds of scrubbing, on whichever node. */
  private static final Duration BETWEEN = Duration.ofMinutes(30);

  private static final Duration LOOK = Duration.ofMinutes(1);

  private final RecurringWork garbage;
  private final RecurringWork scrub;

  private StoreUpkeep(Database database, StoreGarbage garbage, StoreScrub scrub, Turns turns) {
    this.garbage = work("garbage", database, turns, garbage::collect);
    this.scrub = work("scrub", database, turns, () -> scrub.round(BETWEEN));
  }

  private static RecurringWork work(
      String name, Database database, Turns turns, RecurringWork.Round round) {
    return new RecurringWork(
        name,
        RecurringWork.Pauses.of(LOOK),
        turns,
        () -> {
          if (isOurTurn(database, name, BETWEEN)) {
            round.run();
          }
        });
  }

  /** Starts both in the background, until it is closed. */
  public static StoreUpkeep start(
      Database database, StoreGarbage garbage, StoreScrub scrub, Turns turns) {
    StoreUpkeep upkeep = new StoreUpkeep(database, garbage, scrub, turns);
    upkeep.garbage.start();
    upkeep.scrub.start();
    return upkeep;
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
    garbage.close();
    scrub.close();
  }
}
