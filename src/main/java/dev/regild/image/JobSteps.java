package dev.regild.image;

import dev.regild.image.JobStep.Status;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * The steps of jobs, of every attempt. A job that makes an image has the image's id, and its steps
 * are deleted with the image; an export has its task's. Each call takes the caller's handle.
 */
public final class JobSteps {
  private final Clock clock;

  public JobSteps(Clock clock) {
    this.clock = clock;
  }

  /**
   * Begins an attempt; a step that an attempt before it has left running has failed.
   *
   * @return the attempt's number, from 1
   */
  public int beginAttempt(Handle handle, String job) {
    interrupt(handle, job);
    return lastAttempt(handle, job) + 1;
  }

  /** Fails the steps that an attempt has left running. */
  public void interrupt(Handle handle, String job) {
    failRunning(handle, job, "Interrupted; the job starts over.");
  }

  /** Fails the steps that are running, of whatever attempt. */
  public void failRunning(Handle handle, String job, String detail) {
    handle
        .createUpdate(
            """
            UPDATE job_step SET status = 'FAILED', ended = :now, detail = :detail
             WHERE job_id = :job AND status = 'RUNNING'
            """)
        .bind("now", clock.millis())
        .bind("detail", detail)
        .bind("job", job)
        .execute();
  }

  /**
   * Begins a step.
   *
   * @param ordinal its place in the attempt, from 1
   */
  public void begin(Handle handle, String job, int attempt, int ordinal, String name) {
    handle
        .createUpdate(
            """
            INSERT INTO job_step (
              job_id, attempt, ordinal, name, status, progress, detail, started)
            VALUES (:job, :attempt, :ordinal, :name, 'RUNNING', 0, '', :now)
            """)
        .bind("job", job)
        .bind("attempt", attempt)
        .bind("ordinal", ordinal)
        .bind("name", name)
        .bind("now", clock.millis())
        .execute();
  }

  /**
   * Says how far a running step is; a step that has ended stays as it is.
   *
   * @param progress from 0 to 1
   * @param detail what it is doing
   */
  public void progress(
      Handle handle, String job, int attempt, int ordinal, double progress, String detail) {
    if (!(progress >= 0 && progress <= 1)) {
      throw new IllegalArgumentException("Progress goes from 0 to 1: " + progress);
    }
    handle
        .createUpdate(
            """
            UPDATE job_step SET progress = :progress, detail = :detail
             WHERE job_id = :job AND attempt = :attempt AND ordinal = :ordinal
               AND status = 'RUNNING'
            """)
        .bind("progress", progress)
        .bind("detail", detail)
        .bind("job", job)
        .bind("attempt", attempt)
        .bind("ordinal", ordinal)
        .execute();
  }

  /** Ends a running step as done; its progress is 1. */
  public void done(Handle handle, String job, int attempt, int ordinal, String detail) {
    end(handle, job, attempt, ordinal, Status.DONE, detail);
  }

  /** Ends a running step as failed; its progress stays. */
  public void failed(Handle handle, String job, int attempt, int ordinal, String detail) {
    end(handle, job, attempt, ordinal, Status.FAILED, detail);
  }

  private void end(
      Handle handle, String job, int attempt, int ordinal, Status status, String detail) {
    int changed =
        handle
            .createUpdate(
                """
                UPDATE job_step
                   SET status = :status, detail = :detail, ended = :now,
                       progress = CASE WHEN :status = 'DONE' THEN 1 ELSE progress END
                 WHERE job_id = :job AND attempt = :attempt AND ordinal = :ordinal
                   AND status = 'RUNNING'
                """)
            .bind("status", status.name())
            .bind("detail", detail)
            .bind("now", clock.millis())
            .bind("job", job)
            .bind("attempt", attempt)
            .bind("ordinal", ordinal)
            .execute();
    if (changed != 1) {
      throw new IllegalStateException(
          "Step %d of attempt %d of the job %s isn't running.".formatted(ordinal, attempt, job));
    }
  }

  /** The number of the last attempt that has steps; 0 if there is none. */
  public static int lastAttempt(Handle handle, String job) {
    return handle
        .createQuery("SELECT COALESCE(MAX(attempt), 0) FROM job_step WHERE job_id = :job")
        .bind("job", job)
        .mapTo(Integer.class)
        .one();
  }

  /** The steps of one attempt, in order. */
  public static List<JobStep> list(Handle handle, String job, int attempt) {
    return steps(
        handle
            .createQuery(
                "SELECT * FROM job_step WHERE job_id = :job AND attempt = :attempt ORDER BY"
                    + " ordinal")
            .bind("job", job)
            .bind("attempt", attempt));
  }

  /** Every step of every attempt, in order. */
  public static List<JobStep> all(Handle handle, String job) {
    return steps(
        handle
            .createQuery("SELECT * FROM job_step WHERE job_id = :job ORDER BY attempt, ordinal")
            .bind("job", job));
  }

  /** Deletes the steps of a job. */
  static void removeAll(Handle handle, String job) {
    handle.createUpdate("DELETE FROM job_step WHERE job_id = :job").bind("job", job).execute();
  }

  private static List<JobStep> steps(Query query) {
    return query
        .map((row, _) ->
            new JobStep(
                row.getInt("attempt"),
                row.getInt("ordinal"),
                row.getString("name"),
                Status.valueOf(row.getString("status")),
                row.getDouble("progress"),
                row.getString("detail"),
                Instant.ofEpochMilli(row.getLong("started")),
                Column.instant(row, "ended")))
        .list();
  }
}
