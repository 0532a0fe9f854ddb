package dev.regild.db;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import com.github.kagkarlsson.scheduler.task.FailureHandler;
import com.github.kagkarlsson.scheduler.task.helper.CustomTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Jobs that survive the process: written in the transaction that accepts them, leased by a worker,
 * and leased again when it dies. A job that is cut short runs again from its beginning, up to
 * {@link #MOST_ATTEMPTS} times in all: what a job reads is foreign, and may be what ends the
 * process. An orderly stop of the server doesn't count.
 */
public final class JobQueue implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JobQueue.class);

  /** How often a job is begun, whatever ended it before its outcome was recorded. */
  public static final int MOST_ATTEMPTS = 10;

  private static final Duration POLLING = Duration.ofSeconds(1);
  private static final Duration HEARTBEAT = Duration.ofSeconds(5);
  private static final int MISSED_HEARTBEATS = 6;
  private static final Duration RETRY = Duration.ofSeconds(10);
  private static final Duration UNTIL_ASKED_AGAIN = Duration.ofSeconds(2);

  private final Database database;
  private final Clock clock;
  private final int workers;
  private final Duration shutdownLimit;
  private final Map<String, CustomTask<Void>> kinds = new LinkedHashMap<>();
  private final List<Job> jobs = new ArrayList<>();

  /**
   * For jobs that did not end before: one at a time, so that the one which ends the process does
   * not use up the attempts of the others. The others do not wait in a worker's thread, which a job
   * that is not suspect may need.
   */
  private final Semaphore suspects = new Semaphore(1);

  private final AtomicReference<@Nullable Scheduler> scheduler = new AtomicReference<>();

  /** What a kind of job does. */
  public interface Job {
    /**
     * Does the job, and records its outcome, failures included.
     *
     * @param id what the job is about
     * @throws InterruptedException if the process is going down; the job will be done again
     */
    void run(String id) throws InterruptedException;

    /**
     * Records that the job has failed; nothing happens if its outcome is recorded already. Called
     * in the place of {@link #run} when that can't be done, so it reads nothing of what the job is
     * about.
     *
     * @param why the job did not end, for its owner: a sentence, and one that says what to do
     */
    void giveUp(String id, String why);

    /** What {@link #run} throws where the process is going down, and that made something fail. */
    static InterruptedException interrupted(Exception cause) {
      InterruptedException interrupted = new InterruptedException("The process is going down.");
      interrupted.initCause(cause);
      return interrupted;
    }

    /**
     * Ends what is running at once, from another thread: {@link #run} throws InterruptedException.
     * For work that an interrupt alone does not reach.
     */
    default void abort() {}
  }

  /**
   * @param workers how many jobs run at once
   * @param shutdownLimit how long {@link #close} lets running jobs go on before it interrupts them
   */
  public JobQueue(Database database, Clock clock, int workers, Duration shutdownLimit) {
    this.database = database;
    this.clock = clock;
    this.workers = workers;
    this.shutdownLimit = shutdownLimit;
  }

  /** Says what a kind of job does; before {@link #start}. */
  public void register(String kind, Job job) {
    jobs.add(job);
    kinds.put(
        kind,
        Tasks.custom(kind, Void.class)
            .onFailure(new FailureHandler.OnFailureRetryLater<>(RETRY))
            .onDeadExecutionRevive()
            .execute((instance, context) -> {
              try {
                return attempt(job, kind, instance.getId())
                    ? (_, operations) -> operations.remove()
                    : later();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("The process is going down.", e);
              }
            }));
  }

  private CompletionHandler<Void> later() {
    return (completed, operations) ->
        operations.reschedule(completed, clock.instant().plus(UNTIL_ASKED_AGAIN));
  }

  /** Whether the job has ended; if not, nothing has happened, and it is to be asked again. */
  private boolean attempt(Job job, String kind, String id) throws InterruptedException {
    if (attempts(kind, id) == 0) {
      runOrGiveUp(job, kind, id);
      return true;
    }
    if (!suspects.tryAcquire()) {
      return false;
    }
    try {
      runOrGiveUp(job, kind, id);
      return true;
    } finally {
      suspects.release();
    }
  }

  private void runOrGiveUp(Job job, String kind, String id) throws InterruptedException {
    int attempt = changeAttempts(kind, id, 1);
    if (attempt > MOST_ATTEMPTS) {
      giveUp(
          job,
          kind,
          id,
          "The job did not finish in "
              + MOST_ATTEMPTS
              + " attempts; each ended with the server's process or with an error in"
              + " the server. Check the server's log, then try again.");
      return;
    }
    run(job, kind, id);
  }

  private void run(Job job, String kind, String id) throws InterruptedException {
    try {
      job.run(id);
    } catch (InterruptedException e) {
      changeAttempts(kind, id, -1);
      throw e;
    } catch (Error e) {
      // The next attempt would read the same bytes, and end in the same way.
      LOG.atError().addKeyValue("kind", kind).addKeyValue("job", id).setCause(e).log("job broke");
      giveUp(
          job,
          kind,
          id,
          "The job needs more memory than the server has (%s). Check the disk or the repository, or give the server more memory, then try again."
              .formatted(e.getClass().getSimpleName()));
    }
  }

  private static void giveUp(Job job, String kind, String id, String why) {
    LOG.atError()
        .addKeyValue("kind", kind)
        .addKeyValue("job", id)
        .addKeyValue("reason", why)
        .log("job given up");
    job.giveUp(id, why);
  }

  private int attempts(String kind, String id) {
    return database.read(handle -> attempts(handle, kind, id));
  }

  private static int attempts(Handle handle, String kind, String id) {
    return handle
        .createQuery(
            "SELECT attempts FROM scheduled_tasks"
                + " WHERE task_name = :kind AND task_instance = :id")
        .bind("kind", kind)
        .bind("id", id)
        .mapTo(Integer.class)
        .findOne()
        .orElse(0);
  }

  /** The number of attempts after that. */
  private int changeAttempts(String kind, String id, int by) {
    return database.inTransaction(handle -> {
      handle
          .createUpdate(
              "UPDATE scheduled_tasks SET attempts = attempts + :by"
                  + " WHERE task_name = :kind AND task_instance = :id")
          .bind("by", by)
          .bind("kind", kind)
          .bind("id", id)
          .execute();
      return attempts(handle, kind, id);
    });
  }

  /** Writes a job down in the caller's transaction; nothing happens if it is there already. */
  public void enqueue(Handle handle, String kind, String id) {
    CustomTask<Void> task = kinds.get(kind);
    if (task == null) {
      throw new IllegalArgumentException("Unknown kind of job: " + kind);
    }
    SchedulerClient.Builder.create(Database.joining(handle), task)
        .build()
        .scheduleIfNotExists(task.instance(id), clock.instant());
  }

  /** Has the workers look for new jobs now; after the transaction that wrote one. */
  public void wake() {
    Scheduler running = scheduler.get();
    if (running != null) {
      running.triggerCheckForDueExecutions();
    }
  }

  /**
   * Starts the workers. A job that a process had when it died is due again at once: the caller
   * makes sure that no other process works on this database.
   */
  public void start() {
    int lost =
        database.inTransaction(handle ->
            handle.execute(
                "UPDATE scheduled_tasks"
                    + " SET picked = false, picked_by = NULL, last_heartbeat = NULL"
                    + " WHERE picked = true"));
    if (lost > 0) {
      LOG.atInfo().addKeyValue("count", lost).log("jobs recovered");
    }
    Scheduler started =
        Scheduler.create(database.dataSource(), List.copyOf(kinds.values()))
            .threads(workers)
            .pollingInterval(POLLING)
            .heartbeatInterval(HEARTBEAT)
            .missedHeartbeatsLimit(MISSED_HEARTBEATS)
            .shutdownMaxWait(shutdownLimit)
            .build();
    scheduler.set(started);
    started.start();
  }

  /** Takes no more jobs; lets running ones end within the limit, then hands them back. */
  @Override
  public void close() {
    Scheduler running = scheduler.getAndSet(null);
    if (running == null) {
      return;
    }
    Thread impatience =
        Thread.ofVirtual()
            .name("job-queue-impatience")
            .start(() -> {
              try {
                Thread.sleep(shutdownLimit);
                jobs.forEach(Job::abort);
              } catch (InterruptedException e) {
                // Every job ended in time.
              }
            });
    running.stop();
    impatience.interrupt();
  }
}
