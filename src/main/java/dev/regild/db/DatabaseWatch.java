package dev.regild.db;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the database again and again while somebody waits for what it shows, four times a
 * second. Where this process alone writes, it looks after each commit, and else every two seconds;
 * while nobody waits, it does not look.
 */
public final class DatabaseWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseWatch.class);
  private static final Duration BETWEEN = Duration.ofMillis(250);

  /** For what changes without a commit of this process: the tools on the server's machine write. */
  private static final Duration LONGEST = Duration.ofSeconds(2);

  private final String name;
  private final Database database;
  private final BooleanSupplier isWaitedFor;
  private final Runnable look;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private boolean looking;
  private volatile boolean asked;

  /** For the one thread that looks. */
  private long commits;

  private long looked = System.nanoTime() - LONGEST.toNanos();

  /**
   * Looks at nothing yet.
   *
   * @param name of its thread
   * @param isWaitedFor whether anybody waits
   * @param look reads, and tells those who wait; if it fails, that is logged, and it runs again
   */
  public DatabaseWatch(String name, Database database, BooleanSupplier isWaitedFor, Runnable look) {
    this.name = name;
    this.database = database;
    this.isWaitedFor = isWaitedFor;
    this.look = look;
  }

  /** Has it look soon, because somebody has begun to wait. */
  public synchronized void begin() {
    asked = true;
    if (!looking && isWaitedFor.getAsBoolean() && !isClosed()) {
      looking = true;
      Thread.ofVirtual().name(name).start(this::lookWhileSomebodyWaits);
    }
  }

  public boolean isClosed() {
    return stopping.getCount() == 0;
  }

  /** Ends it; it does not look any more. */
  @Override
  public void close() {
    stopping.countDown();
  }

  private void lookWhileSomebodyWaits() {
    try {
      while (isWaitedFor.getAsBoolean()
          && !stopping.await(BETWEEN.toMillis(), TimeUnit.MILLISECONDS)) {
        if (mayShowSomethingNew()) {
          lookOnce();
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("nobody waits for the database any more");
    } finally {
      synchronized (this) {
        looking = false;
      }
      // Somebody may have come between the last look and here.
      begin();
    }
  }

  private boolean mayShowSomethingNew() {
    long now = System.nanoTime();
    long committed = database.commits();
    if (!asked
        && !database.isShared()
        && committed == commits
        && now - looked < LONGEST.toNanos()) {
      return false;
    }
    asked = false;
    commits = committed;
    looked = now;
    return true;
  }

  private void lookOnce() {
    try {
      look.run();
    } catch (RuntimeException e) {
      asked = true;
      LOG.atWarn()
          .addKeyValue("watch", name)
          .addKeyValue("reason", e.toString())
          .log("cannot read the database; tried again");
    }
  }
}
