package dev.regild.job;

import dev.regild.db.Database;
import dev.regild.db.DatabaseUnavailableException;
import dev.regild.db.JobQueue;
import dev.regild.db.Lease;
import dev.regild.db.LostLeaseException;
import dev.regild.disk.Workspaces;
import dev.regild.image.JobKind;
import dev.regild.image.JobSteps;
import java.io.IOException;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A job that is made of steps: records each, ends at once when it is cancelled, brings the registry
 * to what came of it, and clears away what is left. After a crash it starts over.
 *
 * @param <T> what is to be done
 */
public abstract class SteppedJob<T> implements JobQueue.Job {
  private static final Logger LOG = LoggerFactory.getLogger(SteppedJob.class);

  private final JobKind kind;
  private final Database database;
  private final JobSteps steps;
  private final RunningJobs running;
  private final Workspaces workspaces;
  private final JobObserver observer;

  /**
   * What every kind of job works with.
   *
   * @param running what runs in this process
   * @param observer is told of attempts and steps
   */
  public record Tools(
      Database database,
      JobSteps steps,
      RunningJobs running,
      Workspaces workspaces,
      JobObserver observer) {}

  protected SteppedJob(JobKind kind, Tools tools) {
    this.kind = kind;
    this.database = tools.database();
    this.steps = tools.steps();
    this.running = tools.running();
    this.workspaces = tools.workspaces();
    this.observer = tools.observer();
  }

  /** What the job's steps are recorded and its cancellation is asked for under. */
  protected String id(String job) {
    return job;
  }

  /** Whether the job still goes on; if not, it has its outcome, and nothing changes that. */
  protected abstract boolean isRunning(Handle handle, String id);

  /** Begins an attempt of a job that is running. */
  protected abstract Attempt<T> begin(Handle handle, String job);

  /** Runs the steps, and writes the outcome if that is success. */
  protected abstract void make(T subject, StepRecorder steps) throws Exception;

  /** Writes the outcome of a job that is running. */
  protected abstract void fail(Handle handle, String id, String message);

  /** Removes what a job has made that did not succeed; whatever goes wrong is only logged. */
  protected abstract void discard(String id);

  /** Clears away what a job leaves behind, whatever its outcome; runs once more after a crash. */
  protected void clear(String job) {}

  /** Gives back what this process holds for an attempt that has ended, in whatever way. */
  protected void release(String id) {}

  /** What made a step fail, where the job knows it better than the step. */
  protected FailedStepException cause(String id, FailedStepException failure) {
    return failure;
  }

  /** What its owner reads about a failure, up to the remedy. */
  protected String message(FailedStepException failure) {
    return failure.reason();
  }

  @Override
  public final void run(String job, Lease lease) throws InterruptedException {
    String id = id(job);
    boolean cancelled = false;
    running.begin(id);
    try {
      Optional<Attempt<T>> attempt =
          database.inTransaction(handle -> {
            lease.require(handle);
            return isRunning(handle, id) ? Optional.of(begin(handle, job)) : Optional.empty();
          });
      if (attempt.isPresent()) {
        attempt(attempt.get(), lease);
      } else {
        // Cancelled while it waited: an attempt before a crash may have left something.
        discard(id);
      }
    } catch (InterruptedException | RuntimeException e) {
      // What a cancelled job ends with is of no interest: the registry has its outcome.
      if (!running.end(id) && !(e instanceof CancelledJobException)) {
        throw e;
      }
      cancelled = true;
      discard(id);
    } finally {
      running.end(id);
      release(id);
      removeWorkspace(id);
    }
    clear(job);
    if (cancelled) {
      LOG.atInfo().addKeyValue("image", id).log("{} cancelled", kind.noun());
    }
  }

  private void attempt(Attempt<T> attempt, Lease lease) throws InterruptedException {
    try (JobObserver.Part observed = observer.begins(kind.noun(), attempt)) {
      attempt(attempt, lease, observed);
    }
  }

  private void attempt(Attempt<T> attempt, Lease lease, JobObserver.Part observed)
      throws InterruptedException {
    String id = attempt.id();
    try {
      makeOrAbort(attempt, lease, observed);
      LOG.atInfo().addKeyValue("image", attempt.name()).log("{} succeeded", kind.noun());
    } catch (InterruptedException
        | CancelledJobException
        | DatabaseUnavailableException
        | LostLeaseException e) {
      // Without the database or the lease there is no outcome of this attempt.
      observed.stopped();
      throw e;
    } catch (FailedStepException e) {
      observed.stopped();
      running.requireGoingOn(id, e);
      observed.failed(e.reason());
      FailedStepException failure = cause(id, e);
      database.useTransaction(handle -> {
        requireRunning(handle, id, lease);
        steps.failed(handle, id, attempt.number(), failure.ordinal(), failure.reason());
        fail(handle, id, withRemedy(message(failure), failure.remedy()));
      });
      discard(id);
    } catch (Exception e) {
      observed.stopped();
      running.requireGoingOn(id, e);
      observed.failed(String.valueOf(e.getMessage()));
      LOG.atError().addKeyValue("image", attempt.name()).setCause(e).log("{} failed", kind.noun());
      failAndDiscard(id, lease, "The %s failed: %s".formatted(kind.noun(), e.getMessage()));
    }
  }

  /** Whatever ends it: no machine may run when its workspace goes. */
  private void makeOrAbort(Attempt<T> attempt, Lease lease, JobObserver.Part observed)
      throws Exception {
    String id = attempt.id();
    try (StepRecorder recorder =
        new StepRecorder(
            database,
            steps,
            running,
            attempt,
            workspaces.open(id),
            lease,
            handle -> requireRunning(handle, id, lease),
            observed)) {
      boolean done = false;
      try {
        make(attempt.subject(), recorder);
        done = true;
      } finally {
        if (!done) {
          running.abort(id);
        }
      }
    }
  }

  /** The cause is whole lines where a program said it, so the remedy stands in one of its own. */
  private static String withRemedy(String message, String remedy) {
    return remedy.isEmpty() ? message : message + (message.contains("\n") ? "\n" : " ") + remedy;
  }

  @Override
  public final void giveUp(String job, Lease lease, String why) {
    String id = id(job);
    if (database.read(handle -> isRunning(handle, id))) {
      failAndDiscard(id, lease, "The %s failed. %s".formatted(kind.noun(), why));
    }
    removeWorkspace(id);
    clear(job);
  }

  private void failAndDiscard(String id, Lease lease, String message) {
    database.useTransaction(handle -> {
      requireRunning(handle, id, lease);
      steps.failRunning(handle, id, "Interrupted.");
      fail(handle, id, message);
    });
    discard(id);
  }

  private void requireRunning(Handle handle, String id, Lease lease) {
    lease.require(handle);
    if (!isRunning(handle, id)) {
      throw new CancelledJobException(id);
    }
  }

  /** What can't be removed now is removed when the server starts next. */
  private void removeWorkspace(String id) {
    try {
      workspaces.remove(id);
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("job", id)
          .addKeyValue("reason", e.getMessage())
          .log("a workspace could not be removed");
    }
  }

  @Override
  public final void abort() {
    running.abortAll();
  }

  @Override
  public final void cancel(String job) {
    running.cancel(id(job));
  }

  @Override
  public final void lose(String job) {
    running.lose(id(job));
  }
}
