package dev.regild.db;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The database's time, by which nodes decide whether another one is dead. By its own clock, a node
 * that is ten minutes ahead would take every job that runs elsewhere. Between two queries, this
 * clock advances with the machine's monotonic clock, which nobody sets.
 */
final class DatabaseClock extends Clock {
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseClock.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(10);

  private final Database database;
  private final AtomicBoolean looking = new AtomicBoolean();
  private volatile Look last;

  /**
   * The database's last answer.
   *
   * @param nanos by {@link System#nanoTime}
   */
  private record Look(Instant time, long nanos) {
    Instant now() {
      return time.plusNanos(System.nanoTime() - nanos);
    }

    boolean isOld() {
      return System.nanoTime() - nanos > BETWEEN_LOOKS.toNanos();
    }
  }

  /** Asks the database at once. */
  DatabaseClock(Database database) {
    this.database = database;
    this.last = look();
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException("The database's time is in UTC.");
  }

  @Override
  public Instant instant() {
    Look known = last;
    if (known.isOld() && looking.compareAndSet(false, true)) {
      // In another thread: the caller may be inside a transaction, and the database away.
      Thread.ofVirtual().name("database-clock").start(this::lookAgain);
    }
    return known.now();
  }

  private void lookAgain() {
    try {
      last = look();
    } catch (RuntimeException e) {
      LOG.debug("the time of the database is not known: {}", e.getMessage());
    } finally {
      looking.set(false);
    }
  }

  /** The answer is from some moment in between; the earlier one is safe. */
  private Look look() {
    Instant time =
        database.read(handle ->
            handle
                .createQuery("SELECT clock_timestamp()")
                .map((row, _) -> row.getTimestamp(1).toInstant())
                .one());
    return new Look(time, System.nanoTime());
  }
}
