package dev.regild.policy.schedule;

import dev.regild.image.Column;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** What schedules did and did not do, and why. Each call takes the caller's handle. */
public final class Runs {
  /** How long runs are remembered. */
  static final Duration KEPT = Duration.ofDays(400);

  private Runs() {}

  /** A run that goes on. */
  record Open(String scheduleId, Instant due) {}

  /**
   * Begins a run.
   *
   * @return whether there was none for that time
   */
  static boolean begin(
      Handle handle, Schedule schedule, Instant due, String askedBy, String note, Instant now) {
    return handle
            .createUpdate(
                """
                INSERT INTO schedule_run (schedule_id, due, began, asked_by, note)
                VALUES (:schedule, :due, :now, :askedBy, :note)
                ON CONFLICT (schedule_id, due) DO NOTHING
                """)
            .bind("schedule", schedule.id())
            .bind("due", due.toEpochMilli())
            .bind("now", now.toEpochMilli())
            .bind("askedBy", askedBy)
            .bind("note", note)
            .execute()
        == 1;
  }

  static void decide(Handle handle, String scheduleId, Instant due, List<Decision> decisions) {
    if (decisions.isEmpty()) {
      return;
    }
    var batch =
        handle.prepareBatch(
            """
            INSERT INTO schedule_decision (
              schedule_id, due, line, ordinal, outcome, reason, image_name, snapshot, changes,
              new_image, new_image_id, decided)
            VALUES (:schedule, :due, :line, :ordinal, :outcome, :reason, :image, :snapshot, :changes,
              :newImage, :newImageId, :decided)
            ON CONFLICT (schedule_id, due, line) DO UPDATE
               SET outcome = excluded.outcome, reason = excluded.reason,
                   new_image = excluded.new_image, new_image_id = excluded.new_image_id,
                   decided = excluded.decided
            """);
    for (Decision each : decisions) {
      batch
          .bind("schedule", scheduleId)
          .bind("due", due.toEpochMilli())
          .bind("line", each.line())
          .bind("ordinal", each.ordinal())
          .bind("outcome", each.outcome().name())
          .bind("reason", each.reason())
          .bind("image", each.image())
          .bind("snapshot", each.snapshot())
          .bind("changes", each.changes())
          .bind("newImage", each.newImage())
          .bind("newImageId", each.newImageId())
          .bind("decided", each.decided().toEpochMilli())
          .add();
    }
    batch.execute();
  }

  static void end(Handle handle, String scheduleId, Instant due, Instant now) {
    handle
        .createUpdate(
            "UPDATE schedule_run SET ended = :now WHERE schedule_id = :schedule AND due = :due")
        .bind("now", now.toEpochMilli())
        .bind("schedule", scheduleId)
        .bind("due", due.toEpochMilli())
        .execute();
  }

  /** Returns the runs that go on, oldest first. */
  static List<Open> open(Handle handle) {
    return handle
        .createQuery(
            "SELECT schedule_id, due FROM schedule_run WHERE ended IS NULL ORDER BY began, due")
        .map((row, _) ->
            new Open(row.getString("schedule_id"), Instant.ofEpochMilli(row.getLong("due"))))
        .list();
  }

  /** Whether somebody asked for a run. */
  static boolean isAskedFor(Handle handle, Open open) {
    return handle
        .createQuery(
            """
            SELECT asked_by <> '' FROM schedule_run WHERE schedule_id = :schedule AND due = :due
            """)
        .bind("schedule", open.scheduleId())
        .bind("due", open.due().toEpochMilli())
        .map((row, _) -> row.getBoolean(1))
        .one();
  }

  /** Returns the decisions of a run, by ordinal and line. */
  static List<Decision> decisions(Handle handle, String scheduleId, Instant due) {
    return handle
        .createQuery(
            """
            SELECT * FROM schedule_decision WHERE schedule_id = :schedule AND due = :due
             ORDER BY ordinal, line
            """)
        .bind("schedule", scheduleId)
        .bind("due", due.toEpochMilli())
        .map((row, _) -> decision(row))
        .list();
  }

  /** Returns the last runs of a schedule, the newest first. */
  public static List<Run> last(Handle handle, Schedule schedule, int most) {
    return handle
        .createQuery(
            """
            SELECT * FROM schedule_run WHERE schedule_id = :schedule ORDER BY due DESC LIMIT :most
            """)
        .bind("schedule", schedule.id())
        .bind("most", most)
        .map((row, _) -> {
          Instant due = Instant.ofEpochMilli(row.getLong("due"));
          return new Run(
              due,
              Instant.ofEpochMilli(row.getLong("began")),
              row.getString("asked_by"),
              row.getString("note"),
              Column.instant(row, "ended"),
              decisions(handle, schedule.id(), due));
        })
        .list();
  }

  /** Forgets runs that ended long ago. */
  static void forget(Handle handle, Instant now) {
    handle
        .createUpdate("DELETE FROM schedule_run WHERE ended < :oldest")
        .bind("oldest", now.minus(KEPT).toEpochMilli())
        .execute();
  }

  private static Decision decision(ResultSet row) throws SQLException {
    return new Decision(
        row.getString("line"),
        row.getInt("ordinal"),
        Decision.Outcome.valueOf(row.getString("outcome")),
        row.getString("reason"),
        row.getString("image_name"),
        row.getString("snapshot"),
        row.getInt("changes"),
        row.getString("new_image"),
        row.getString("new_image_id"),
        Instant.ofEpochMilli(row.getLong("decided")));
  }
}
