package dev.regild.update;

import dev.regild.db.Database;
import dev.regild.image.UpdateRecords;
import java.time.Duration;
import java.util.function.DoubleConsumer;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Records each step of one attempt: its start, how far it is, its end and its outcome. */
final class StepRecorder {
  private static final Logger LOG = LoggerFactory.getLogger(StepRecorder.class);

  /** Each note is a commit on the disk; a person doesn't see more of them. */
  private static final Duration BETWEEN_NOTES = Duration.ofMillis(500);

  private final Database database;
  private final UpdateRecords records;
  private final UpdateOutcomes outcomes;
  private final String imageId;
  private final String imageName;
  private final int attempt;

  /** What a step does; the consumer is told how far it is, 0 to 1. */
  interface Work<T> {
    T run(DoubleConsumer progress) throws Exception;
  }

  StepRecorder(
      Database database,
      UpdateRecords records,
      UpdateOutcomes outcomes,
      String imageId,
      String imageName,
      int attempt) {
    this.database = database;
    this.records = records;
    this.outcomes = outcomes;
    this.imageId = imageId;
    this.imageName = imageName;
    this.attempt = attempt;
  }

  /**
   * Runs a step.
   *
   * @param outcome says in a few words what came of it
   * @throws FailedStepException with the step and the cause, if it failed
   * @throws CancelledJobException if the update was cancelled before the step or meanwhile
   */
  <T> T step(Step step, Work<T> work, Function<T, String> outcome)
      throws FailedStepException, InterruptedException {
    int ordinal = step.place();
    long start = System.nanoTime();
    database.useTransaction(handle -> {
      outcomes.requireRunning(handle, imageId);
      records.beginStep(handle, imageId, attempt, ordinal, step.title());
    });
    LOG.atInfo()
        .addKeyValue("image", imageName)
        .addKeyValue("step", step.title())
        .addKeyValue("attempt", attempt)
        .log("step started");
    try {
      T result = work.run(new Notes(ordinal));
      String detail = outcome.apply(result);
      database.useTransaction(handle -> {
        outcomes.requireRunning(handle, imageId);
        records.stepDone(handle, imageId, attempt, ordinal, detail);
      });
      LOG.atInfo()
          .addKeyValue("image", imageName)
          .addKeyValue("step", step.title())
          .addKeyValue("millis", (System.nanoTime() - start) / 1_000_000)
          .addKeyValue("detail", detail)
          .log("step done");
      return result;
    } catch (InterruptedException | CancelledJobException e) {
      throw e;
    } catch (Exception | Error e) {
      // An error too, such as too little memory, is this update's: a job that threw is done again.
      throw new FailedStepException(step, e);
    }
  }

  /** Writes the end of a step that failed, in the caller's transaction. */
  void failed(Handle handle, FailedStepException failure) {
    LOG.atWarn()
        .addKeyValue("image", imageName)
        .addKeyValue("step", failure.step().title())
        .addKeyValue("reason", failure.reason())
        .log("step failed");
    records.stepFailed(handle, imageId, attempt, failure.step().place(), failure.reason());
  }

  private final class Notes implements DoubleConsumer {
    private final int ordinal;
    private long lastNote = System.nanoTime();

    Notes(int ordinal) {
      this.ordinal = ordinal;
    }

    @Override
    public synchronized void accept(double progress) {
      if (System.nanoTime() - lastNote >= BETWEEN_NOTES.toNanos()) {
        lastNote = System.nanoTime();
        database.useTransaction(
            handle -> records.progress(handle, imageId, attempt, ordinal, progress, ""));
      }
    }
  }
}
