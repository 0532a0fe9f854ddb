package dev.regild.db;

import java.time.Duration;
import java.time.Instant;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes jobs due again whose leases are no longer renewed, because their node is dead or could not
 * record how they ended. The job scheduler would do the same, but looks only at every second
 * heartbeat, and as soon as it starts.
 *
 * <p>While the database is away, nobody can renew a lease. So a node that could not ask it for a
 * while, or has just started, first gives every node the time to renew its leases.
 */
final class DeadExecutions {
  private static final Logger LOG = LoggerFactory.getLogger(DeadExecutions.class);

  /** A node that is as late with a look was frozen, or waited for the database. */
  private static final Duration LATE = Duration.ofSeconds(5);

  private final Database database;
  private final Duration lease;
  private final Duration settling;
  private final LongSupplier nanoTime;

  private @Nullable Long inContactSince;
  private long lastLook;

  /**
   * @param lease how long a job is its node's after a heartbeat
   * @param settling how long this node has to be in contact with the database before it takes a
   *     lease for ended
   * @param nanoTime as {@link System#nanoTime}
   */
  DeadExecutions(Database database, Duration lease, Duration settling, LongSupplier nanoTime) {
    this.database = database;
    this.lease = lease;
    this.settling = settling;
    this.nanoTime = nanoTime;
  }

  /**
   * Looks for dead jobs.
   *
   * @return whether some are due now
   */
  boolean revive() {
    boolean dead;
    try {
      dead =
          database.read(handle ->
              handle
                  .createQuery(
                      """
                      SELECT 1 FROM scheduled_tasks
                       WHERE picked = TRUE AND last_heartbeat < :limit
                       LIMIT 1
                      """)
                  .bind("limit", limit())
                  .mapTo(Integer.class)
                  .findOne()
                  .isPresent());
    } catch (DatabaseUnavailableException e) {
      inContactSince = null;
      throw e;
    }
    return isSettled() && dead && takeOver();
  }

  private Instant limit() {
    return database.clock().instant().minus(lease);
  }

  private boolean isSettled() {
    long now = nanoTime.getAsLong();
    Long since = inContactSince;
    if (since == null || now - lastLook > LATE.toNanos()) {
      since = now;
    }
    inContactSince = since;
    lastLook = now;
    return now - since >= settling.toNanos();
  }

  /** As the scheduler does: whoever holds the old version has lost the lease. */
  private boolean takeOver() {
    int revived =
        database.inTransaction(handle ->
            handle
                .createUpdate(
                    """
                    UPDATE scheduled_tasks
                       SET picked = FALSE, picked_by = NULL, last_heartbeat = NULL,
                           execution_time = :now, version = version + 1
                     WHERE picked = TRUE AND last_heartbeat < :limit
                    """)
                .bind("now", database.clock().instant())
                .bind("limit", limit())
                .execute());
    if (revived > 0) {
      LOG.atInfo().addKeyValue("count", revived).log("jobs of dead nodes taken over");
    }
    return revived > 0;
  }
}
