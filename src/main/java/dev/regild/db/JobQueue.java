package dev.regild.db;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerBuilder;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.SchedulerName;
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
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
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

  /**
   * How often a job is begun beside others. Most jobs that did not end were on a machine that
   * failed, and a machine's jobs need not wait for each other.
   */
  static final int BESIDE_OTHERS = 2;

  private static final Duration POLLING = Duration.ofSeconds(1);

  /** A job that another node has accepted starts within a second. */
  private static final Duration SHARED_POLLING = Duration.ofMillis(500);

  private static final Duration HEARTBEAT = Duration.ofSeconds(10);
  private static final int MISSED_HEARTBEATS = 4;

  /**
   * After this time, an hour, the job scheduler itself takes over jobs of other nodes. {@link
   * DeadExecutions} does so sooner, but not before the nodes could renew their leases.
   */
  private static final int MISSED_HEARTBEATS_OF_OTHERS = 360;

  private static final Duration RETRY = Duration.ofSeconds(10);
  private static final Duration UNTIL_ASKED_AGAIN = Duration.ofSeconds(2);

  /** Under which jobs are taken where there is one node. */
  private static final String ALONE = "regild";

  private final Database database;
  private final Optional<JobNode> node;
  private final com.github.kagkarlsson.scheduler.Clock clock;
  private final int workers;
  private final Duration shutdownLimit;
  private final Map<String, CustomTask<Void>> kinds = new LinkedHashMap<>();
  private final List<Job> jobs = new ArrayList<>();

  /**
   * For jobs that did not end in {@link #BESIDE_OTHERS} attempts: one at a time, so that the one
   * which ends the process does not use up the attempts of the others. The others do not wait in a
   * worker's thread, which a job that is not suspect may need.
   */
  private final Semaphore suspects = new Semaphore(1);

  /**
   * How often the database ended attempts of a job here, by kind and id. Such attempts don't count,
   * but a job that never gets its answers in time must end, too.
   */
  private final Map<String, Integer> endedByDatabase = new ConcurrentHashMap<>();

  /** What threads of this process run, by kind and id. */
  private final Map<String, Running> here = new ConcurrentHashMap<>();

  private final AtomicReference<@Nullable Scheduler> scheduler = new AtomicReference<>();
  private final AtomicReference<@Nullable JobWatch> watch = new AtomicReference<>();

  /** An attempt that a thread of this process runs. */
  record Running(Job job, Lease lease) {}

  /** What a kind of job does. */
  public interface Job {
    /**
     * Does the job, and records its outcome, failures included.
     *
     * @param id what the job is about
     * @param lease held by every transaction that records an outcome
     * @throws LostLeaseException if another attempt has begun meanwhile, which does the job
     * @throws InterruptedException if the process is going down; the job will be done again
     */
    void run(String id, Lease lease) throws InterruptedException;

    /**
     * Records that the job has failed; nothing happens if its outcome is recorded already. Called
     * in the place of {@link #run} when that can't be done, so it reads nothing of what the job is
     * about.
     *
     * @param why the job did not end, for its owner: a sentence, and one that says what to do
     * @throws LostLeaseException if another attempt has begun meanwhile, which does the job
     */
    void giveUp(String id, Lease lease, String why);

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

    /**
     * Ends the attempt of one job, from another thread: somebody has cancelled the job, and its
     * outcome is recorded. Called again until the attempt has ended.
     */
    default void cancel(String id) {}

    /**
     * Ends the attempt of one job, from another thread: another attempt has begun elsewhere. {@link
     * #run} throws {@link LostLeaseException}. Called again until the attempt has ended.
     */
    default void lose(String id) {}
  }

  /**
   * The only node of a database.
   *
   * @param clock for the embedded database; a shared one has its own
   * @param workers how many jobs run at once
   * @param shutdownLimit how long {@link #close} lets running jobs go on before it interrupts them
   */
  public JobQueue(Database database, Clock clock, int workers, Duration shutdownLimit) {
    this(database, clock, workers, shutdownLimit, Optional.empty());
  }

  /**
   * One of several nodes.
   *
   * @param node empty if it is the only one
   */
  public JobQueue(
      Database database, Clock clock, int workers, Duration shutdownLimit, Optional<JobNode> node) {
    this.database = database;
    this.clock = database.isShared() ? database.clock()::instant : clock::instant;
    this.workers = workers;
    this.shutdownLimit = shutdownLimit;
    this.node = node;
  }

  private String name() {
    return node.map(JobNode::name).orElse(ALONE);
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
                return attempt(
                    job, new Lease(kind, instance.getId(), context.getExecution().version, name()));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("The process is going down.", e);
              }
            }));
  }

  private CompletionHandler<Void> later() {
    return (completed, operations) ->
        operations.reschedule(completed, clock.now().plus(UNTIL_ASKED_AGAIN));
  }

  /**
   * Runs the job, unless this process still runs an attempt that lost its lease while the database
   * was unreachable, or another suspect, or its node takes no jobs any more.
   *
   * @return what happens to the job's row
   */
  private CompletionHandler<Void> attempt(Job job, Lease lease) throws InterruptedException {
    if (here.putIfAbsent(key(lease), new Running(job, lease)) != null) {
      return later();
    }
    try {
      return mayBegin() && attemptAlone(job, lease)
          ? (_, operations) -> operations.remove()
          : later();
    } catch (LostLeaseException e) {
      LOG.atWarn().addKeyValue("reason", e.getMessage()).log("job lost");
      return (_, _) -> {};
    } finally {
      here.remove(key(lease));
    }
  }

  /** The job was found before it was handed out; somebody may have drained the node in between. */
  private boolean mayBegin() {
    return node.isEmpty()
        || database.read(handle ->
            handle
                .createQuery(
                    """
                    SELECT 1 FROM node
                     WHERE name = :name AND instance = :instance AND draining = FALSE
                    """)
                .bind("name", node.get().name())
                .bind("instance", node.get().instance())
                .mapTo(Integer.class)
                .findOne()
                .isPresent());
  }

  private static String key(Lease lease) {
    return lease.kind() + " " + lease.id();
  }

  /** Whether the job has ended; if not, nothing has happened, and it is to be asked again. */
  private boolean attemptAlone(Job job, Lease lease) throws InterruptedException {
    if (attempts(lease) < BESIDE_OTHERS) {
      runToItsEnd(job, lease);
      return true;
    }
    if (!suspects.tryAcquire()) {
      return false;
    }
    try {
      runToItsEnd(job, lease);
      return true;
    } finally {
      suspects.release();
    }
  }

  private void runToItsEnd(Job job, Lease lease) throws InterruptedException {
    boolean mayComeAgain = false;
    try {
      runOrGiveUp(job, lease);
    } catch (DatabaseUnavailableException e) {
      mayComeAgain = true;
      throw e;
    } finally {
      if (!mayComeAgain) {
        endedByDatabase.remove(key(lease));
      }
    }
  }

  private void runOrGiveUp(Job job, Lease lease) throws InterruptedException {
    int attempt = changeAttempts(lease, 1);
    if (attempt > MOST_ATTEMPTS) {
      giveUp(
          job,
          lease,
          "The job did not finish in "
              + MOST_ATTEMPTS
              + " attempts; each ended with the server's process or with an error in"
              + " the server. Check the server's log, then try again.");
      return;
    }
    run(job, lease);
  }

  private void run(Job job, Lease lease) throws InterruptedException {
    try {
      job.run(lease.id(), lease);
    } catch (InterruptedException e) {
      changeAttempts(lease, -1);
      throw e;
    } catch (DatabaseUnavailableException e) {
      if (endedByDatabase.merge(key(lease), 1, Integer::sum) <= MOST_ATTEMPTS) {
        uncount(lease);
      }
      throw e;
    } catch (Error e) {
      // The next attempt would read the same bytes, and end in the same way.
      LOG.atError()
          .addKeyValue("kind", lease.kind())
          .addKeyValue("job", lease.id())
          .setCause(e)
          .log("job broke");
      giveUp(
          job,
          lease,
          "The job needs more memory than the server has (%s). Check the disk or the repository, or give the server more memory, then try again."
              .formatted(e.getClass().getSimpleName()));
    }
  }

  /** What the database did says nothing about the job, but only an answer of it can say so. */
  private void uncount(Lease lease) {
    try {
      var _ = changeAttempts(lease, -1);
    } catch (DatabaseUnavailableException | LostLeaseException e) {
      LOG.debug("an attempt counts that the database ended: {}", e.getMessage());
    }
  }

  private static void giveUp(Job job, Lease lease, String why) {
    LOG.atError()
        .addKeyValue("kind", lease.kind())
        .addKeyValue("job", lease.id())
        .addKeyValue("reason", why)
        .log("job given up");
    job.giveUp(lease.id(), lease, why);
  }

  private int attempts(Lease lease) {
    return database.read(handle -> attempts(handle, lease));
  }

  private static int attempts(Handle handle, Lease lease) {
    return handle
        .createQuery(
            "SELECT attempts FROM scheduled_tasks"
                + " WHERE task_name = :kind AND task_instance = :id")
        .bind("kind", lease.kind())
        .bind("id", lease.id())
        .mapTo(Integer.class)
        .findOne()
        .orElse(0);
  }

  /** The number of attempts after that. */
  private int changeAttempts(Lease lease, int by) {
    return database.inTransaction(handle -> {
      lease.require(handle);
      handle
          .createUpdate(
              "UPDATE scheduled_tasks SET attempts = attempts + :by"
                  + " WHERE task_name = :kind AND task_instance = :id")
          .bind("by", by)
          .bind("kind", lease.kind())
          .bind("id", lease.id())
          .execute();
      return attempts(handle, lease);
    });
  }

  /**
   * Writes down a job that any node can do; see {@link #enqueue(Handle, String, String, JobNeeds)}.
   */
  public void enqueue(Handle handle, String kind, String id) {
    enqueue(handle, kind, id, JobNeeds.NONE);
  }

  /**
   * Writes a job down in the caller's transaction; nothing happens if it is there already.
   *
   * @param needs what its node must have
   */
  public void enqueue(Handle handle, String kind, String id, JobNeeds needs) {
    CustomTask<Void> task = kinds.get(kind);
    if (task == null) {
      throw new IllegalArgumentException("Unknown kind of job: " + kind);
    }
    SchedulerClient.Builder.create(Database.joining(handle), task)
        .build()
        .scheduleIfNotExists(task.instance(id), clock.now());
    if (node.isPresent() && !needs.equals(JobNeeds.NONE)) {
      handle
          .createUpdate(
              """
              UPDATE scheduled_tasks SET needs = :abilities, needs_bytes = :bytes
               WHERE task_name = :kind AND task_instance = :id
              """)
          .bind("abilities", needs.abilities())
          .bind("bytes", needs.bytes())
          .bind("kind", kind)
          .bind("id", id)
          .execute();
    }
  }

  /**
   * Has the node that runs a job end its attempt, whichever node that is; in the transaction that
   * records that the job is cancelled.
   */
  public static void cancel(Handle handle, String kind, String id) {
    handle
        .createUpdate(
            "UPDATE scheduled_tasks SET cancelled = TRUE"
                + " WHERE task_name = :kind AND task_instance = :id")
        .bind("kind", kind)
        .bind("id", id)
        .execute();
  }

  /** Has the workers look for new jobs now; after the transaction that wrote one. */
  public void wake() {
    Scheduler running = scheduler.get();
    if (running != null) {
      running.triggerCheckForDueExecutions();
    }
  }

  /**
   * Makes the jobs due at once that a process of this node had when it died. The jobs of other
   * nodes are found when their heartbeats have stopped. The caller makes sure that no other process
   * is this node.
   */
  public void recover() {
    int lost =
        database.inTransaction(handle ->
            handle
                .createUpdate(
                    """
                    UPDATE scheduled_tasks
                       SET picked = FALSE, picked_by = NULL, last_heartbeat = NULL,
                           version = version + 1
                     WHERE picked = TRUE
                    """
                        + (node.isPresent() ? " AND picked_by = :node" : ""))
                .bindMap(node.isPresent() ? Map.of("node", name()) : Map.of())
                .execute());
    if (lost > 0) {
      LOG.atInfo().addKeyValue("count", lost).log("jobs recovered");
    }
  }

  /** Starts the workers. */
  public void start() {
    recover();
    SchedulerBuilder builder =
        Scheduler.create(database.dataSource(), List.copyOf(kinds.values()))
            .clock(clock)
            .schedulerName(new SchedulerName.Fixed(name()))
            .threads(workers)
            .pollingInterval(node.isPresent() ? SHARED_POLLING : POLLING)
            .heartbeatInterval(HEARTBEAT)
            .missedHeartbeatsLimit(
                node.isPresent() ? MISSED_HEARTBEATS_OF_OTHERS : MISSED_HEARTBEATS)
            // A kind of job that this version does not know is a newer node's.
            .deleteUnresolvedAfter(Duration.ofDays(3650))
            .shutdownMaxWait(shutdownLimit);
    node.ifPresent(it -> builder.jdbcCustomization(new RoutedPolling(it)));
    Scheduler started = builder.build();
    scheduler.set(started);
    started.start();
    node.ifPresent(it -> watch.set(watch(it.name())));
  }

  private JobWatch watch(String name) {
    DeadExecutions dead =
        new DeadExecutions(
            database,
            HEARTBEAT.multipliedBy(MISSED_HEARTBEATS),
            HEARTBEAT.multipliedBy(2),
            System::nanoTime);
    return JobWatch.start(database, name, here::values, dead, this::wake);
  }

  /** Takes no new jobs until {@link #resume}; running ones go on. */
  public void pause() {
    Optional.ofNullable(scheduler.get()).ifPresent(Scheduler::pause);
  }

  /** Takes new jobs again. */
  public void resume() {
    Optional.ofNullable(scheduler.get()).ifPresent(Scheduler::resume);
  }

  /** How many jobs run in this process. */
  public int running() {
    return here.size();
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
    Optional.ofNullable(watch.getAndSet(null)).ifPresent(JobWatch::close);
  }
}
