package dev.regild.image.jobs;

import dev.regild.image.Column;
import dev.regild.image.Json;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.image.jobs.ExportTask.State;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;

/** The tasks that export images. Each call takes the caller's handle. */
public final class ExportTasks {
  private static final String SELECT = "SELECT * FROM export_task ";

  private ExportTasks() {}

  private static final RowMapper<ExportTask> ROW = (row, _) -> task(row);

  /** What a list of tasks can be narrowed by. */
  public enum Filter {
    TASK_ID("id"),
    IMAGE_ARN("image_arn"),
    AMI_NAME("ami_name"),
    // The disk of one that is not COMPLETED is nobody's business.
    AMI_ID("CASE state WHEN 'COMPLETED' THEN ami_id END"),
    STATE("state");

    private final String expression;

    Filter(String expression) {
      this.expression = expression;
    }
  }

  /**
   * A place in the order of tasks, the newest first.
   *
   * @param created of the last task seen
   * @param id of the last task seen
   */
  public record PageKey(Instant created, String id) {}

  /** Writes a new task. */
  public static void insert(Handle handle, ExportTask task) {
    handle
        .createUpdate(
            """
            INSERT INTO export_task (
              id, account_id, region, image_id, image_arn, ami_name, ami_description, ami_id, tags,
              state, failure, created)
            VALUES (
              :id, :account, :region, :imageId, :imageArn, :amiName, :amiDescription, :amiId, :tags,
              :state, :failure, :created)
            """)
        .bind("id", task.id())
        .bind("account", task.owner().accountId())
        .bind("region", task.owner().region())
        .bind("imageId", task.imageId())
        .bind("imageArn", task.imageArn())
        .bind("amiName", task.amiName())
        .bind("amiDescription", task.amiDescription().orElse(null))
        .bind("amiId", task.amiId())
        .bind("tags", Json.write(task.tags()))
        .bind("state", task.state().name())
        .bind("failure", task.failure().orElse(null))
        .bind("created", task.created().toEpochMilli())
        .execute();
  }

  /** The task of that id, whosever it is. */
  public static Optional<ExportTask> find(Handle handle, String id) {
    return handle.createQuery(SELECT + "WHERE id = :id").bind("id", id).map(ROW).findOne();
  }

  /**
   * The owner's task of that id.
   *
   * @throws RefusedException NOT_FOUND if there is none
   */
  public static ExportTask require(Handle handle, Owner owner, String id) {
    return find(handle, id)
        .filter(task -> task.owner().equals(owner))
        .orElseThrow(() ->
            new RefusedException(
                RefusedException.Reason.NOT_FOUND,
                "There is no export task %s of %s.".formatted(id, owner)));
  }

  /** How many of the owner's tasks have not ended. */
  public static long countInFlight(Handle handle, Owner owner) {
    return handle
        .createQuery(
            """
            SELECT COUNT(*) FROM export_task
             WHERE account_id = :account AND region = :region AND state = 'EXPORTING'
            """)
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .mapTo(Long.class)
        .one();
  }

  /**
   * One page of the owner's tasks, the newest first.
   *
   * @param filters each lets through the tasks that have one of its values
   * @param after the last task of the page before
   * @param limit how many at most
   */
  public static List<ExportTask> page(
      Handle handle,
      Owner owner,
      Map<Filter, List<String>> filters,
      Optional<PageKey> after,
      int limit) {
    List<String> conditions = new ArrayList<>(List.of("account_id = :account", "region = :region"));
    after.ifPresent(_ -> conditions.add("(created, id) < (:afterCreated, :afterId)"));
    filters.forEach((filter, _) -> conditions.add(filter.expression + " IN (<" + filter + ">)"));
    var query =
        handle.createQuery(
            SELECT
                + "WHERE "
                + String.join(" AND ", conditions)
                + " ORDER BY created DESC, id DESC LIMIT :limit");
    filters.forEach((filter, values) -> query.bindList(filter.name(), values));
    after.ifPresent(
        key -> query.bind("afterCreated", key.created().toEpochMilli()).bind("afterId", key.id()));
    return query
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .bind("limit", limit)
        .map(ROW)
        .list();
  }

  /** Returns the completed exports of images, oldest first, by the image's id. */
  public static Map<String, List<ExportTask>> completedOf(
      Handle handle, Collection<String> imageIds) {
    Map<String, List<ExportTask>> found = new HashMap<>();
    if (!imageIds.isEmpty()) {
      handle
          .createQuery(
              SELECT + "WHERE image_id IN (<images>) AND state = 'COMPLETED' ORDER BY created, id")
          .bindList("images", List.copyOf(imageIds))
          .map(ROW)
          .forEach(each -> found.computeIfAbsent(each.imageId(), _ -> new ArrayList<>()).add(each));
    }
    return found;
  }

  /** Returns those of the disks' ids that a running task exports to. */
  public static List<String> exportingTo(Handle handle, Collection<String> disks) {
    return disks.isEmpty()
        ? List.of()
        : handle
            .createQuery(
                "SELECT ami_id FROM export_task WHERE state = 'EXPORTING' AND ami_id IN (<disks>)")
            .bindList("disks", List.copyOf(disks))
            .mapTo(String.class)
            .list();
  }

  /** Ends a task that is EXPORTING; nothing happens if it has ended. */
  public static void complete(Handle handle, ExportTask task) {
    end(handle, task, State.COMPLETED, Optional.empty());
  }

  /** As {@link #complete}, as FAILED. */
  public static void fail(Handle handle, ExportTask task, String why) {
    end(handle, task, State.FAILED, Optional.of(why));
  }

  private static void end(Handle handle, ExportTask task, State state, Optional<String> failure) {
    handle
        .createUpdate(
            """
            UPDATE export_task SET state = :state, failure = :failure
             WHERE id = :id AND state = 'EXPORTING'
            """)
        .bind("state", state.name())
        .bind("failure", failure.orElse(null))
        .bind("id", task.id())
        .execute();
  }

  private static ExportTask task(ResultSet row) throws SQLException {
    return new ExportTask(
        row.getString("id"),
        new Owner(row.getString("account_id"), row.getString("region")),
        row.getString("image_id"),
        row.getString("image_arn"),
        row.getString("ami_name"),
        Column.text(row, "ami_description"),
        row.getString("ami_id"),
        Json.readTexts(row.getString("tags")),
        State.valueOf(row.getString("state")),
        Column.text(row, "failure"),
        Instant.ofEpochMilli(row.getLong("created")));
  }
}
