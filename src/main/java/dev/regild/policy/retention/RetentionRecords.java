package dev.regild.policy.retention;

import dev.regild.account.Suspensions;
import dev.regild.db.Portions;
import dev.regild.image.Owner;
import dev.regild.policy.line.Line;
import dev.regild.policy.retention.RetentionPlan.Member;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * The retention of lines, and the images that are deprecated. Each call takes the caller's handle.
 */
public final class RetentionRecords {
  private static final String SELECT =
      """
      SELECT retention.*, line.account_id, line.region, line.name
        FROM retention JOIN line ON line.id = retention.line_id
      """;

  private static final Comparator<Member> NEWEST_FIRST =
      Comparator.comparing(Member::created).thenComparing(Member::id).reversed();

  private RetentionRecords() {}

  static void put(Handle handle, Line line, RetentionRule rule, boolean enabled, Instant now) {
    handle
        .createUpdate(
            """
            INSERT INTO retention (
              line_id, keep_images, keep_age, deprecated_time, undo_time, enabled, changed)
            VALUES (:line, :images, :age, :deprecated, :undo, :enabled, :now)
            ON CONFLICT (line_id) DO UPDATE SET
              keep_images = excluded.keep_images, keep_age = excluded.keep_age,
              deprecated_time = excluded.deprecated_time, undo_time = excluded.undo_time,
              enabled = excluded.enabled, changed = excluded.changed
            """)
        .bind("line", line.id())
        .bind("images", rule.keepImages())
        .bind("age", rule.keepAge().toMillis())
        .bind("deprecated", rule.deprecated().toMillis())
        .bind("undo", rule.undo().toMillis())
        .bind("enabled", enabled)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /** Removes a line's policy, and with it the marks of its images. */
  static boolean delete(Handle handle, Line line) {
    handle
        .createUpdate(
            """
            DELETE FROM deprecated_image
             WHERE image_id IN (SELECT image_id FROM line_image WHERE line_id = :line)
            """)
        .bind("line", line.id())
        .execute();
    return handle
            .createUpdate("DELETE FROM retention WHERE line_id = :line")
            .bind("line", line.id())
            .execute()
        == 1;
  }

  static Optional<RetentionPolicy> find(Handle handle, Line line) {
    return handle
        .createQuery(SELECT + " WHERE line_id = :line")
        .bind("line", line.id())
        .map((row, _) -> policy(row))
        .findOne();
  }

  /** Returns an owner's policies by line. */
  static List<RetentionPolicy> list(Handle handle, Owner owner) {
    return handle
        .createQuery(SELECT + " WHERE account_id = :account AND region = :region ORDER BY name")
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .map((row, _) -> policy(row))
        .list();
  }

  /**
   * Returns the policies of all owners that are carried out by themselves, but those of suspended
   * accounts.
   */
  static List<RetentionPolicy> enabled(Handle handle) {
    return handle
        .createQuery(
            SELECT
                + " WHERE enabled AND "
                + Suspensions.NOT_SUSPENDED
                + " ORDER BY account_id, region, name")
        .map((row, _) -> policy(row))
        .list();
  }

  static void ran(Handle handle, List<Line> lines, Instant now) {
    var batch = handle.prepareBatch("UPDATE retention SET last_run = :now WHERE line_id = :line");
    lines.forEach(line -> batch.bind("now", now.toEpochMilli()).bind("line", line.id()).add());
    var _ = batch.execute();
  }

  /** Returns those policies that nobody has set or removed since they were read. */
  static Set<RetentionPolicy> unchanged(Handle handle, Set<RetentionPolicy> policies) {
    Map<String, Long> changed =
        handle
            .createQuery("SELECT line_id, changed FROM retention WHERE line_id IN (<lines>)")
            .bindList("lines", policies.stream().map(policy -> policy.line().id()).toList())
            .map((row, _) -> Map.entry(row.getString("line_id"), row.getLong("changed")))
            .collectToMap(Map.Entry::getKey, Map.Entry::getValue);
    return policies.stream()
        .filter(policy ->
            Long.valueOf(policy.changed().toEpochMilli()).equals(changed.get(policy.line().id())))
        .collect(Collectors.toSet());
  }

  private static RetentionPolicy policy(ResultSet row) throws SQLException {
    long ran = row.getLong("last_run");
    Optional<Instant> lastRun =
        row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(ran));
    return new RetentionPolicy(
        new Line(
            row.getString("line_id"),
            new Owner(row.getString("account_id"), row.getString("region")),
            row.getString("name")),
        new RetentionRule(
            row.getInt("keep_images"),
            Duration.ofMillis(row.getLong("keep_age")),
            Duration.ofMillis(row.getLong("deprecated_time")),
            Duration.ofMillis(row.getLong("undo_time"))),
        row.getBoolean("enabled"),
        Instant.ofEpochMilli(row.getLong("changed")),
        lastRun);
  }

  /** Returns the ids of the lines of those images that can be deleted, by image. */
  static Map<String, String> linesOf(Handle handle, List<String> imageIds) {
    return handle
        .createQuery(
            """
            SELECT line_image.image_id, line_image.line_id
              FROM line_image JOIN image ON image.id = line_image.image_id
             WHERE image.id IN (<images>) AND image.state IN ('AVAILABLE', 'FAILED')
               AND image.account_id <> ''
               AND NOT EXISTS (SELECT 1 FROM binned_image WHERE image_id = image.id)
            """)
        .bindList("images", imageIds)
        .map((row, _) -> Map.entry(row.getString("image_id"), row.getString("line_id")))
        .collectToMap(Map.Entry::getKey, Map.Entry::getValue);
  }

  /** Returns whether those images are still AVAILABLE, and in that line. */
  static boolean has(Handle handle, Line line, List<String> imageIds) {
    int found =
        Portions.of(imageIds)
            .mapToInt(some ->
                handle
                    .createQuery(
                        """
                        SELECT COUNT(*) FROM line_image JOIN image ON image.id = line_image.image_id
                         WHERE line_image.line_id = :line AND image.account_id = :account
                           AND image.state = 'AVAILABLE' AND image.id IN (<images>)
                        """)
                    .bind("line", line.id())
                    .bind("account", line.owner().accountId())
                    .bindList("images", some)
                    .mapTo(Integer.class)
                    .one())
            .sum();
    return found == imageIds.size();
  }

  /** Returns the images of lines that can be deleted, by the line's id, the newest first. */
  static Map<String, List<Member>> members(Handle handle, List<Line> lines) {
    Map<String, List<Member>> members = new HashMap<>();
    Portions.of(lines.stream().map(Line::id).toList())
        .forEach(some ->
            handle
                .createQuery(
                    """
                    SELECT line_image.line_id, image.id, image.name, image.state, image.created,
                           COALESCE(deprecated_image.since, -1)
                      FROM line_image JOIN image ON image.id = line_image.image_id
                      LEFT JOIN deprecated_image ON deprecated_image.image_id = image.id
                     WHERE line_image.line_id IN (<lines>) AND image.state IN ('AVAILABLE', 'FAILED')
                       AND image.account_id <> ''
                       AND NOT EXISTS (SELECT 1 FROM binned_image WHERE image_id = image.id)
                    """)
                .bindList("lines", some)
                .map((row, _) -> Map.entry(row.getString(1), member(row)))
                .forEach(each ->
                    members
                        .computeIfAbsent(each.getKey(), _ -> new ArrayList<>())
                        .add(each.getValue())));
    members.values().forEach(all -> all.sort(NEWEST_FIRST));
    return members;
  }

  private static Member member(ResultSet row) throws SQLException {
    long since = row.getLong(6);
    return new Member(
        row.getString(2),
        row.getString(3),
        row.getString(4).equals("AVAILABLE"),
        Instant.ofEpochMilli(row.getLong(5)),
        since < 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(since)));
  }

  static void deprecate(Handle handle, String imageId, Instant now) {
    handle
        .createUpdate("INSERT INTO deprecated_image (image_id, since) VALUES (:id, :now)")
        .bind("id", imageId)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  static void undeprecate(Handle handle, String imageId) {
    handle
        .createUpdate("DELETE FROM deprecated_image WHERE image_id = :id")
        .bind("id", imageId)
        .execute();
  }

  /** Returns since when an image is deprecated; empty if it is not. */
  public static Optional<Instant> deprecatedSince(Handle handle, String imageId) {
    return handle
        .createQuery("SELECT since FROM deprecated_image WHERE image_id = :id")
        .bind("id", imageId)
        .mapTo(Long.class)
        .findOne()
        .map(Instant::ofEpochMilli);
  }
}
