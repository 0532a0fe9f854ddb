package dev.regild.db;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestDatabases;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How often a job is begun that does not record its outcome itself. */
@EachDatabase
class JobQueueTest {
  private static final String KIND = "test";
  private static final String ID = "golden";

  @TempDir Path directory;

  /** What {@link JobQueue.Job#giveUp} was told. */
  private final BlockingQueue<String> givenUp = new LinkedBlockingQueue<>();

  private final AtomicInteger begun = new AtomicInteger();

  private interface Work {
    void run(String id) throws InterruptedException;
  }

  @Test
  void aJobThatBreaksWithAnErrorIsGivenUpAtOnceAndNeverDoneAgain() throws Exception {
    try (Database database = open();
        JobQueue jobs =
            started(
                database,
                _ -> {
                  throw new StackOverflowError("in a test");
                })) {
      enqueue(database, jobs, 0);
      assertThat(givenUp.poll(120, SECONDS))
          .contains("StackOverflowError")
          .contains("then try again");
      awaitGone(database);
      assertThat(begun).hasValue(1);
      assertThat(givenUp).isEmpty();
    }
  }

  @Test
  void aJobWhoseProcessDiedInEachAttemptIsGivenUpWithoutAnother() throws Exception {
    try (Database database = open();
        JobQueue jobs = started(database, _ -> {})) {
      enqueue(database, jobs, JobQueue.MOST_ATTEMPTS);
      assertThat(givenUp.poll(120, SECONDS)).contains("did not finish in 10 attempts");
      awaitGone(database);
      assertThat(begun).hasValue(0);
    }
  }

  @Test
  void theLastAttemptThatIsLeftIsMade() throws Exception {
    try (Database database = open();
        JobQueue jobs = started(database, _ -> {})) {
      enqueue(database, jobs, JobQueue.MOST_ATTEMPTS - 1);
      awaitGone(database);
      assertThat(begun).hasValue(1);
      assertThat(givenUp).isEmpty();
    }
  }

  @Test
  void anAttemptThatAnOrderlyStopCutsShortDoesNotCount() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    try (Database database = open()) {
      try (JobQueue jobs =
          started(
              database,
              _ -> {
                running.countDown();
                Thread.sleep(Duration.ofMinutes(1));
              })) {
        enqueue(database, jobs, 0);
        assertThat(running.await(120, SECONDS)).isTrue();
        assertThat(attempts(database)).isEqualTo(1);
      }
      assertThat(attempts(database)).isZero();
    }
  }

  @Test
  void anAttemptThatTheDatabaseEndsDoesNotCount() throws Exception {
    CountDownLatch failing = new CountDownLatch(1);
    try (Database database = open();
        JobQueue jobs =
            started(
                database,
                _ -> {
                  failing.countDown();
                  throw new DatabaseUnavailableException("in a test");
                })) {
      enqueue(database, jobs, 3);
      assertThat(failing.await(120, SECONDS)).isTrue();
      for (int i = 0; i < 600 && attempts(database) > 3; i++) {
        Thread.sleep(10);
      }
      assertThat(attempts(database)).isEqualTo(3);
    }
  }

  /** As one whose statement takes longer than the database is waited for. */
  @Test
  void aJobThatTheDatabaseEndsEachTimeIsGivenUpInTheEnd() throws Exception {
    try (Database database = open();
        JobQueue jobs =
            started(
                database,
                _ -> {
                  throw new DatabaseUnavailableException("in a test");
                })) {
      enqueue(database, jobs, 0);
      Instant deadline = Instant.now().plusSeconds(120);
      while (givenUp.isEmpty() && Instant.now().isBefore(deadline)) {
        // Without the pause before the next attempt.
        database.useTransaction(handle ->
            handle
                .createUpdate(
                    "UPDATE scheduled_tasks SET execution_time = :due WHERE picked = FALSE")
                .bind("due", Instant.EPOCH)
                .execute());
        jobs.wake();
        Thread.sleep(20);
      }
      assertThat(givenUp).hasSize(1);
      assertThat(begun).hasValue(2 * JobQueue.MOST_ATTEMPTS);
    }
  }

  @Test
  void ofJobsThatMayHaveEndedTheProcessTwiceOneRunsAtATime() throws Exception {
    AtomicInteger together = new AtomicInteger();
    BlockingQueue<Integer> seen = new LinkedBlockingQueue<>();
    try (Database database = open();
        JobQueue jobs =
            started(
                database,
                _ -> {
                  seen.add(together.incrementAndGet());
                  Thread.sleep(100);
                  together.decrementAndGet();
                })) {
      enqueueTwo(database, jobs, JobQueue.BESIDE_OTHERS);
      awaitGone(database);
      assertThat(seen).containsExactly(1, 1);
    }
  }

  /** Their machine failed, most likely; each waits until the other runs, too. */
  @Test
  void jobsThatWereCutShortOnceRunBesideEachOther() throws Exception {
    CountDownLatch both = new CountDownLatch(2);
    BlockingQueue<Boolean> together = new LinkedBlockingQueue<>();
    try (Database database = open();
        JobQueue jobs =
            started(
                database,
                _ -> {
                  both.countDown();
                  together.add(both.await(120, SECONDS));
                })) {
      enqueueTwo(database, jobs, JobQueue.BESIDE_OTHERS - 1);
      awaitGone(database);
      assertThat(together).containsExactly(true, true);
    }
  }

  @Test
  void aFreshJobDoesNotWaitForSuspectsAsLongAsAWorkerIsFree() throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch fresh = new CountDownLatch(1);
    CountDownLatch suspect = new CountDownLatch(1);
    try (Database database = open();
        JobQueue jobs =
            started(
                database,
                id -> {
                  if (id.equals("fresh")) {
                    fresh.countDown();
                  } else {
                    suspect.countDown();
                    held.await();
                  }
                })) {
      enqueueTwo(database, jobs, JobQueue.BESIDE_OTHERS);
      assertThat(suspect.await(120, SECONDS)).isTrue();
      database.useTransaction(handle -> jobs.enqueue(handle, KIND, "fresh"));
      jobs.wake();
      assertThat(fresh.await(120, SECONDS)).isTrue();
      held.countDown();
      awaitGone(database);
      assertThat(begun).hasValue(3);
    }
  }

  /** As a node that was frozen: its heart stopped, and another one took the job over. */
  @Test
  void anAttemptThatLostItsLeaseRecordsNothingAndTheNextOneDoes() throws Exception {
    BlockingQueue<Lease> attempts = new LinkedBlockingQueue<>();
    BlockingQueue<Throwable> refused = new LinkedBlockingQueue<>();
    CountDownLatch frozen = new CountDownLatch(1);
    try (Database database = open();
        Database elsewhere = open();
        JobQueue late = new JobQueue(database, Clock.systemUTC(), 1, Duration.ofMillis(100));
        JobQueue next = new JobQueue(elsewhere, Clock.systemUTC(), 1, Duration.ofMillis(100))) {
      late.register(
          KIND,
          leased((id, lease) -> {
            attempts.add(lease);
            frozen.await();
            try {
              record(database, lease);
            } catch (LostLeaseException e) {
              refused.add(e);
              throw e;
            }
          }));
      late.start();
      enqueue(database, late, 0);
      Lease lost = attempts.poll(120, SECONDS);
      assertThat(lost).isNotNull();
      // What the scheduler writes where a heartbeat has stopped.
      database.useTransaction(handle ->
          handle.execute(
              "UPDATE scheduled_tasks SET picked = false, picked_by = NULL, version = version + 1"));
      next.register(
          KIND,
          leased((id, lease) -> {
            attempts.add(lease);
            record(elsewhere, lease);
          }));
      next.start();
      Lease taken = attempts.poll(120, SECONDS);
      assertThat(taken).isNotNull();
      awaitGone(database);
      frozen.countDown();
      assertThat(refused.poll(120, SECONDS)).hasMessageContaining("Another attempt");
      assertThat(
              database.<List<Long>, RuntimeException>read(handle ->
                  handle.createQuery("SELECT images FROM quota_use").mapTo(Long.class).list()))
          .containsExactly(taken.version());
      assertThat(givenUp).isEmpty();
    }
  }

  /** After an outage of the database, all leases have ended, and their nodes still run. */
  @Test
  void aNodeThatStartsDoesNotTakeJobsOverBeforeTheirNodesCouldRenewTheLeases() throws Exception {
    JobNode here = new Node("here", "1", 0, 0);
    try (Database database = open();
        JobQueue jobs =
            new JobQueue(
                database, Clock.systemUTC(), 1, Duration.ofMillis(100), Optional.of(here))) {
      assumeTrue(database.isShared(), "an embedded database has one node");
      jobs.register(
          KIND,
          leased((_, _) -> {
            var _ = begun.incrementAndGet();
          }));
      enqueue(database, jobs, 0);
      Instant ended = database.clock().instant().minus(Duration.ofMinutes(2));
      database.useTransaction(handle ->
          handle
              .createUpdate(
                  """
                  UPDATE scheduled_tasks
                     SET picked = TRUE, picked_by = 'there', last_heartbeat = :ended
                  """)
              .bind("ended", ended)
              .execute());
      jobs.start();
      // The scheduler's first look at the leases is at its start.
      Thread.sleep(Duration.ofSeconds(3));
      assertThat(
              database.<String, RuntimeException>read(handle ->
                  handle
                      .createQuery("SELECT picked_by FROM scheduled_tasks WHERE picked = TRUE")
                      .mapTo(String.class)
                      .findOne()
                      .orElse("nobody")))
          .isEqualTo("there");
      assertThat(begun).hasValue(0);
    }
  }

  private record Node(String name, String instance, long abilities, long freeBytes)
      implements JobNode {}

  private interface LeasedWork {
    void run(String id, Lease lease) throws InterruptedException;
  }

  private JobQueue.Job leased(LeasedWork work) {
    return new JobQueue.Job() {
      @Override
      public void run(String id, Lease lease) throws InterruptedException {
        work.run(id, lease);
      }

      @Override
      public void giveUp(String id, Lease lease, String why) {
        givenUp.add(why);
      }
    };
  }

  private static void record(Database database, Lease lease) {
    database.useTransaction(handle -> {
      lease.require(handle);
      handle.execute(
          "INSERT INTO quota_use (account_id, region, images) VALUES (?, 'r', ?)",
          "outcome-" + lease.version(),
          lease.version());
    });
  }

  private JobQueue started(Database database, Work work) {
    JobQueue jobs = new JobQueue(database, Clock.systemUTC(), 2, Duration.ofMillis(100));
    jobs.register(
        KIND,
        new JobQueue.Job() {
          @Override
          public void run(String id, Lease lease) throws InterruptedException {
            begun.incrementAndGet();
            work.run(id);
          }

          @Override
          public void giveUp(String id, Lease lease, String why) {
            givenUp.add(why);
          }
        });
    jobs.start();
    return jobs;
  }

  private static void enqueue(Database database, JobQueue jobs, int attempts) {
    database.useTransaction(handle -> {
      jobs.enqueue(handle, KIND, ID);
      handle.execute("UPDATE scheduled_tasks SET attempts = ?", attempts);
    });
    jobs.wake();
  }

  private static void enqueueTwo(Database database, JobQueue jobs, int attempts) {
    database.useTransaction(handle -> {
      jobs.enqueue(handle, KIND, "a");
      jobs.enqueue(handle, KIND, "b");
      handle.execute("UPDATE scheduled_tasks SET attempts = ?", attempts);
    });
    jobs.wake();
  }

  private static int attempts(Database database) {
    return database.read(handle ->
        handle.createQuery("SELECT attempts FROM scheduled_tasks").mapTo(Integer.class).one());
  }

  private static void awaitGone(Database database) throws InterruptedException {
    Instant deadline = Instant.now().plusSeconds(120);
    while (count(database) > 0 && Instant.now().isBefore(deadline)) {
      Thread.sleep(20);
    }
    assertThat(count(database)).isZero();
  }

  private static long count(Database database) {
    return database.read(handle ->
        handle.createQuery("SELECT COUNT(*) FROM scheduled_tasks").mapTo(Long.class).one());
  }

  private Database open() throws Exception {
    return TestDatabases.open(directory.resolve("regild.db"));
  }
}
