package dev.regild.db;

import java.time.Duration;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Has one node of several do what only one is to do. The node that has the turn keeps it for as
 * long as it asks; another one gets it when it has not asked for some time.
 */
public final class Turn {
  private final Database database;
  private final String name;
  private final Duration length;
  private final String holder = UUID.randomUUID().toString();

  /** When this process last took the turn, by {@link System#nanoTime}; long ago if it has not. */
  private volatile long takenAt;

  /**
   * @param name of the work
   * @param length for which the turn is taken; whoever has it asks again well before
   */
  public Turn(Database database, String name, Duration length) {
    this.database = database;
    this.name = name;
    this.length = length;
    this.takenAt = System.nanoTime() - length.toNanos();
  }

  /** Takes the turn, or keeps it. Returns whether this process has it. */
  public boolean take() {
    // An embedded database has one process.
    if (!database.isShared() || System.nanoTime() - takenAt < length.toNanos() / 4) {
      return true;
    }
    long asked = System.nanoTime();
    boolean taken = database.inTransaction(this::take);
    takenAt = taken ? asked : asked - length.toNanos();
    return taken;
  }

  private boolean take(Handle handle) {
    long now = DatabaseTime.now(handle).toEpochMilli();
    handle
        .createUpdate(
            "INSERT INTO node_turn (name, holder, held_until) VALUES (:name, '', 0)"
                + " ON CONFLICT (name) DO NOTHING")
        .bind("name", name)
        .execute();
    return handle
            .createUpdate(
                "UPDATE node_turn SET holder = :holder, held_until = :until"
                    + " WHERE name = :name AND (holder = :holder OR held_until <= :now)")
            .bind("holder", holder)
            .bind("until", now + length.toMillis())
            .bind("name", name)
            .bind("now", now)
            .execute()
        == 1;
  }

  /** Lets another node have the turn at once. */
  public void release() {
    takenAt = System.nanoTime() - length.toNanos();
    if (database.isShared()) {
      database.useTransaction(handle ->
          handle
              .createUpdate(
                  "UPDATE node_turn SET held_until = 0 WHERE name = :name AND holder = :holder")
              .bind("name", name)
              .bind("holder", holder)
              .execute());
    }
  }
}
