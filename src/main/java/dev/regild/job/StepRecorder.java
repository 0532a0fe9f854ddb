package dev.regild.job;

import dev.regild.db.Database;
import dev.regild.db.DatabaseUnavailableException;
import dev.regild.db.Lease;
import dev.regild.db.LostLeaseException;
import dev.regild.image.JobSteps;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the steps of one attempt, and records of each its start, how far it is and its end. */
public final class StepRecorder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StepRecorder.class);

  /** Each note is a commit on the disk; a person doesn't see more of them. */
  private static final Duration BETWEEN_NOTES = Duration.ofMillis(500);

  private final Database database;
  private final JobSteps records;
  private final RunningJobs running;
  private final Attempt<?> attempt;
  private final Path directory;
  private final Lease lease;
  private final Consumer<Handle> requireRunning;
  private final JobObserver.Part observed;
  private final AtomicInteger begun = new AtomicInteger();
  private final Deque<AutoCloseable> kept = new ConcurrentLinkedDeque<>();

  /**
   * @param lease the attempt's
   * @param requireRunning throws {@link CancelledJobException} if the job has ended, and {@link
   *     LostLeaseException} if it is another attempt's
   * @param observed is told of the steps
   */
  public StepRecorder(
      Database database,
      JobSteps records,
      RunningJobs running,
      Attempt<?> attempt,
      Path directory,
      Lease lease,
      Consumer<Handle> requireRunning,
      JobObserver.Part observed) {
    this.database = database;
    this.records = records;
    this.running = running;
    this.attempt = attempt;
    this.directory = directory;
    this.lease = lease;
    this.requireRunning = requireRunning;
    this.observed = observed;
  }

  /** The attempt's own directory, removed when the attempt has ended. */
  public Path directory() {
    return directory;
  }

  /**
   * Runs a step.
   *
   * @throws FailedStepException with the step and the cause, if it failed
   * @throws CancelledJobException if the job was cancelled before the step or meanwhile
   */
  public <I, O> O run(Step<I, O> step, I input) throws FailedStepException, InterruptedException {
    try (JobObserver.Part part = observed.step(step.name())) {
      return run(step, input, part);
    }
  }

  private <I, O> O run(Step<I, O> step, I input, JobObserver.Part part)
      throws FailedStepException, InterruptedException {
    int ordinal = begun.incrementAndGet();
    long start = System.nanoTime();
    database.useTransaction(handle -> {
      requireRunning.accept(handle);
      records.begin(handle, attempt.id(), attempt.number(), ordinal, step.name());
    });
    LOG.atInfo()
        .addKeyValue("image", attempt.name())
        .addKeyValue("step", step.name())
        .addKeyValue("attempt", attempt.number())
        .log("step started");
    try {
      O output = step.run(input, new Notes(ordinal));
      String detail = step.outcome(output);
      database.useTransaction(handle -> {
        requireRunning.accept(handle);
        records.done(handle, attempt.id(), attempt.number(), ordinal, detail);
      });
      LOG.atInfo()
          .addKeyValue("image", attempt.name())
          .addKeyValue("step", step.name())
          .addKeyValue("millis", (System.nanoTime() - start) / 1_000_000)
          .addKeyValue("detail", detail)
          .log("step done");
      part.outcome(detail);
      return output;
    } catch (InterruptedException
        | CancelledJobException
        | DatabaseUnavailableException
        | LostLeaseException e) {
      part.stopped();
      throw e;
    } catch (Exception | Error e) {
      // An error too, such as too little memory, is this job's: a job that threw is done again.
      FailedStepException failure = FailedStepException.of(step, ordinal, input, e);
      LOG.atWarn()
          .addKeyValue("image", attempt.name())
          .addKeyValue("step", step.name())
          .addKeyValue("reason", failure.reason())
          .log("step failed");
      part.failed(failure.reason());
      throw failure;
    }
  }

  /**
   * Records the steps' outcome in one transaction, while the job belongs to this attempt.
   *
   * @throws CancelledJobException if the job was cancelled
   * @throws LostLeaseException if another attempt has begun
   */
  public void record(HandleConsumer<RuntimeException> outcome) {
    database.useTransaction(handle -> {
      requireRunning.accept(handle);
      outcome.useHandle(handle);
    });
  }

  /** Closes what the steps kept, the last first; what runs must have ended. */
  @Override
  public void close() {
    for (AutoCloseable next = kept.poll(); next != null; next = kept.poll()) {
      try {
        next.close();
      } catch (Exception e) {
        LOG.atWarn()
            .addKeyValue("image", attempt.name())
            .addKeyValue("reason", e.toString())
            .log("something a step kept could not be closed");
      }
    }
  }

  private final class Notes implements StepControl {
    private final int ordinal;
    private long lastNote = System.nanoTime();

    Notes(int ordinal) {
      this.ordinal = ordinal;
    }

    @Override
    public synchronized void accept(double progress) {
      if (System.nanoTime() - lastNote >= BETWEEN_NOTES.toNanos()) {
        lastNote = System.nanoTime();
        try {
          database.useTransaction(handle -> {
            lease.require(handle);
            records.progress(handle, attempt.id(), attempt.number(), ordinal, progress, "");
          });
        } catch (DatabaseUnavailableException e) {
          LOG.debug("the progress of a step is not recorded: {}", e.getMessage());
        } catch (LostLeaseException e) {
          running.lose(attempt.id());
        }
      }
    }

    @Override
    public Path directory() {
      return directory;
    }

    @Override
    public int attempt() {
      return attempt.number();
    }

    @Override
    public void record(HandleConsumer<RuntimeException> change) {
      StepRecorder.this.record(change);
    }

    @Override
    public <T extends AutoCloseable> T keep(T borrowed) {
      kept.push(borrowed);
      return borrowed;
    }

    @Override
    public void running(Runnable abort) {
      running.onAbort(attempt.id(), abort);
    }
  }
}
