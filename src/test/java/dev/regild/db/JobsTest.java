package dev.regild.db;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That the job scheduler's own SQL and our table fit each other on this database. */
class JobsTest {
  @TempDir Path directory;

  private final BlockingQueue<String> ran = new LinkedBlockingQueue<>();

  private final OneTimeTask<String> task =
      Tasks.oneTime("update", String.class).execute((instance, _) -> ran.add(instance.getData()));

  @Test
  void aJobThatIsWrittenInATransactionRunsAfterTheCommit() throws Exception {
    try (Database database = open()) {
      Scheduler scheduler = start(database, task);
      database.useTransaction(handle -> enqueue(handle, "golden"));
      assertThat(ran.poll(120, SECONDS)).isEqualTo("golden");
      scheduler.stop();
    }
  }

  @Test
  void aJobOfATransactionThatFailedIsNotThere() throws Exception {
    try (Database database = open()) {
      assertThatIllegalStateException()
          .isThrownBy(() ->
              database.useTransaction(handle -> {
                enqueue(handle, "golden");
                throw new IllegalStateException("refused");
              }));
      assertThat(jobs(database)).isZero();
    }
  }

  @Test
  void aJobSurvivesARestart() throws Exception {
    try (Database database = open()) {
      database.useTransaction(handle -> enqueue(handle, "golden"));
    }
    try (Database database = open()) {
      Scheduler scheduler = start(database, task);
      assertThat(ran.poll(120, SECONDS)).isEqualTo("golden");
      scheduler.stop();
      assertThat(jobs(database)).isZero();
    }
  }

  @Test
  void aRunningJobBeatsAndOneWhoseWorkerDiedIsFoundAgain() throws Exception {
    var begun = new CountDownLatch(1);
    var finish = new CountDownLatch(1);
    OneTimeTask<String> slow =
        Tasks.oneTime("update", String.class)
            .execute((_, _) -> {
              begun.countDown();
              try {
                finish.await(120, SECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    try (Database database = open()) {
      database.useTransaction(handle -> enqueue(handle, "golden"));
      Scheduler scheduler = start(database, slow);
      assertThat(begun.await(120, SECONDS)).isTrue();
      long first = heartbeat(database);
      assertThat(Instant.ofEpochMilli(first))
          .isBetween(Instant.now().minusSeconds(20), Instant.now());
      awaitHeartbeatAfter(database, first);
      finish.countDown();
      scheduler.stop();
      database.useTransaction(handle -> enqueue(handle, "orphan"));
      markAsRunningElsewhereSince(database, Instant.now().minusSeconds(3600));
      Scheduler survivor = start(database, task);
      assertThat(ran.poll(120, SECONDS)).isEqualTo("orphan");
      survivor.stop();
    }
  }

  private void enqueue(Handle handle, String image) {
    SchedulerClient.Builder.create(Database.joining(handle), task)
        .build()
        .scheduleIfNotExists(task.instance(image, image), Instant.now());
  }

  private static Scheduler start(Database database, OneTimeTask<String> task) {
    Scheduler scheduler =
        Scheduler.create(database.dataSource(), task)
            .schedulerName(new SchedulerName.Fixed("worker"))
            .pollingInterval(Duration.ofMillis(100))
            .heartbeatInterval(Duration.ofSeconds(1))
            .missedHeartbeatsLimit(4)
            .threads(2)
            .build();
    scheduler.start();
    return scheduler;
  }

  private static void awaitHeartbeatAfter(Database database, long first)
      throws InterruptedException {
    Instant deadline = Instant.now().plusSeconds(120);
    while (heartbeat(database) <= first && Instant.now().isBefore(deadline)) {
      Thread.sleep(100);
    }
    assertThat(heartbeat(database)).isGreaterThan(first);
  }

  private static void markAsRunningElsewhereSince(Database database, Instant time) {
    database.useTransaction(handle ->
        handle.execute(
            "UPDATE scheduled_tasks SET picked = TRUE, picked_by = 'dead', last_heartbeat = ?",
            time.toEpochMilli()));
  }

  private static long heartbeat(Database database) {
    return database.read(handle ->
        handle.createQuery("SELECT last_heartbeat FROM scheduled_tasks").mapTo(Long.class).one());
  }

  private static long jobs(Database database) {
    return database.read(handle ->
        handle.createQuery("SELECT COUNT(*) FROM scheduled_tasks").mapTo(Long.class).one());
  }

  private Database open() throws IOException {
    return Database.open(directory.resolve("regild.db"));
  }
}
