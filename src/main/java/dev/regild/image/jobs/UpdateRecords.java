package dev.regild.image.jobs;

import dev.regild.image.Column;
import dev.regild.image.Image;
import dev.regild.image.JobSteps;
import dev.regild.image.Json;
import dev.regild.image.Owner;
import dev.regild.image.Predecessor;
import dev.regild.image.jobs.UpdateRecord.Status;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/**
 * The updates, running and past; {@link JobSteps} has their steps. Each call takes the caller's
 * handle.
 */
public final class UpdateRecords {
  private static final String SELECT =
      """
      SELECT update_run.*, image.account_id, image.region, image.name
        FROM update_run JOIN image ON image.id = update_run.image_id
      """;

  private final Clock clock;
  private final JobSteps steps;

  public UpdateRecords(Clock clock) {
    this.clock = clock;
    this.steps = new JobSteps(clock);
  }

  /** Writes down an update that was accepted; its new image has to be there already. */
  public void start(
      Handle handle, Image newImage, Image existing, String snapshot, UpdatePlan plan) {
    start(handle, newImage, existing, snapshot, plan, UpdateOptions.NONE, "");
  }

  /**
   * The same with what the caller or the channel allows.
   *
   * @param askedBy the id of the access key that asked; empty where requests are not signed
   */
  public void start(
      Handle handle,
      Image newImage,
      Image existing,
      String snapshot,
      UpdatePlan plan,
      UpdateOptions options,
      String askedBy) {
    handle
        .createUpdate(
            """
            INSERT INTO update_run (
              image_id, existing_image_id, existing_image_name, snapshot_digest, plan, options,
              status, attempt, created, asked_by)
            VALUES (:image, :existingId, :existingName, :snapshot, :plan, :options, 'RUNNING', 0,
              :now, :askedBy)
            """)
        .bind("image", newImage.id())
        .bind("existingId", existing.id())
        .bind("existingName", existing.name())
        .bind("snapshot", snapshot)
        .bind("plan", Json.write(plan))
        .bind("options", Json.write(options))
        .bind("askedBy", askedBy)
        .bind("now", clock.millis())
        .execute();
  }

  /** Writes down another plan of a running update. */
  public void replan(Handle handle, String imageId, UpdatePlan plan) {
    int changed =
        handle
            .createUpdate(
                "UPDATE update_run SET plan = :plan WHERE image_id = :image AND status = 'RUNNING'")
            .bind("plan", Json.write(plan))
            .bind("image", imageId)
            .execute();
    requireOne(changed, "There is no running update of the image " + imageId);
  }

  /**
   * Begins an attempt; a step that an attempt before it has left running has failed.
   *
   * @return the attempt's number, from 1
   * @throws IllegalStateException if the update isn't running
   */
  public int beginAttempt(Handle handle, String imageId) {
    steps.interrupt(handle, imageId);
    int changed =
        handle
            .createUpdate(
                """
                UPDATE update_run SET attempt = attempt + 1
                 WHERE image_id = :image AND status = 'RUNNING'
                """)
            .bind("image", imageId)
            .execute();
    requireOne(changed, "There is no running update of the image " + imageId);
    return handle
        .createQuery("SELECT attempt FROM update_run WHERE image_id = :image")
        .bind("image", imageId)
        .mapTo(Integer.class)
        .one();
  }

  /** The update has made its image. */
  public void succeeded(Handle handle, String imageId) {
    end(handle, imageId, Status.SUCCEEDED);
  }

  /** The update has failed for good. */
  public void failed(Handle handle, String imageId) {
    end(handle, imageId, Status.FAILED);
  }

  /** The update that makes or made the owner's image of that name. */
  public Optional<UpdateRecord> find(Handle handle, Owner owner, String imageName) {
    return handle
        .createQuery(
            SELECT
                + """
                 WHERE image.account_id = :account AND image.region = :region AND image.name = :name
                """)
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .bind("name", imageName)
        .map((row, _) -> updateRecord(handle, row))
        .findOne();
  }

  /** The update that makes or made the image of that id. */
  public Optional<UpdateRecord> findById(Handle handle, String imageId) {
    return handle
        .createQuery(SELECT + " WHERE update_run.image_id = :image")
        .bind("image", imageId)
        .map((row, _) -> updateRecord(handle, row))
        .findOne();
  }

  /**
   * What can change while an update runs, as one text for each, to be compared with an earlier one:
   * its status, the state of its image, and its steps. One query, however many there are.
   *
   * @param imageIds of the images that are being made
   * @return by image; those that are gone are absent
   */
  public Map<String, String> stamps(Handle handle, Set<String> imageIds) {
    if (imageIds.isEmpty()) {
      return Map.of();
    }
    Map<String, String> stamps = new HashMap<>();
    handle
        .createQuery(
            """
            SELECT update_run.image_id, update_run.status AS run_status, update_run.attempt,
                   image.state, job_step.ordinal, job_step.status AS step_status,
                   job_step.progress, job_step.detail
              FROM update_run JOIN image ON image.id = update_run.image_id
                   LEFT JOIN job_step ON job_step.job_id = update_run.image_id
                                     AND job_step.attempt = update_run.attempt
             WHERE update_run.image_id IN (<images>)
             ORDER BY update_run.image_id, job_step.ordinal
            """)
        .bindList("images", List.copyOf(imageIds))
        .map((row, _) ->
            Map.entry(
                row.getString("image_id"),
                "%s %d %s %d %s %s %s;"
                    .formatted(
                        row.getString("run_status"),
                        row.getInt("attempt"),
                        row.getString("state"),
                        row.getInt("ordinal"),
                        row.getString("step_status"),
                        row.getDouble("progress"),
                        row.getString("detail"))))
        .forEach(part -> stamps.merge(part.getKey(), part.getValue(), String::concat));
    return stamps;
  }

  /** The updates that run or wait to run, oldest first. */
  public List<UpdateRecord> inFlight(Handle handle) {
    return handle
        .createQuery(
            SELECT + " WHERE update_run.status = 'RUNNING' ORDER BY update_run.created, image.id")
        .map((row, _) -> updateRecord(handle, row))
        .list();
  }

  private void end(Handle handle, String imageId, Status status) {
    int changed =
        handle
            .createUpdate(
                """
                UPDATE update_run SET status = :status, ended = :now
                 WHERE image_id = :image AND status = 'RUNNING'
                """)
            .bind("status", status.name())
            .bind("now", clock.millis())
            .bind("image", imageId)
            .execute();
    requireOne(changed, "There is no running update of the image " + imageId);
  }

  private static void requireOne(int changed, String otherwise) {
    if (changed != 1) {
      throw new IllegalStateException(otherwise + ".");
    }
  }

  private static UpdateRecord updateRecord(Handle handle, ResultSet row) throws SQLException {
    String imageId = row.getString("image_id");
    int attempt = row.getInt("attempt");
    return new UpdateRecord(
        imageId,
        new Owner(row.getString("account_id"), row.getString("region")),
        row.getString("name"),
        new Predecessor(row.getString("existing_image_id"), row.getString("existing_image_name")),
        row.getString("snapshot_digest"),
        Json.read(row.getString("plan"), UpdatePlan.class),
        Json.read(row.getString("options"), UpdateOptions.class),
        row.getString("asked_by"),
        Status.valueOf(row.getString("status")),
        attempt,
        Instant.ofEpochMilli(row.getLong("created")),
        Column.instant(row, "ended"),
        JobSteps.list(handle, imageId, attempt));
  }
}
