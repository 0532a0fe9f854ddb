package dev.regild.policy.notice;

import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.event.RecordedEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/** What is still to be delivered. Each call takes the caller's handle. */
final class Deliveries {
  /** How long an event is tried. */
  static final Duration TRIED = Duration.ofDays(1);

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);
  private static final int MOST_DOUBLINGS = 10;

  /** Images that follow no ring, or one that follows the repositories. */
  private static final String BY_REPOSITORIES =
      """
      FROM verdict JOIN image ON image.inventory_digest = verdict.inventory_digest
           AND NOT EXISTS (
             SELECT 1 FROM line_image JOIN ring_line ON ring_line.line_id = line_image.line_id
               JOIN ring ON ring.id = ring_line.ring_id AND ring.source IS NOT NULL
              WHERE line_image.image_id = image.id)
      """;

  /** Images whose ring stands on a snapshot. */
  private static final String BY_RINGS =
      """
      FROM ring_verdict AS verdict
           JOIN ring_line ON ring_line.ring_id = verdict.ring_id
           JOIN line_image ON line_image.line_id = ring_line.line_id
           JOIN image ON image.id = line_image.image_id
            AND image.inventory_digest = verdict.inventory_digest
      """;

  private Deliveries() {}

  /** An event on its way to a notice. */
  record Delivery(String noticeId, RecordedEvent event, int attempts) {}

  /** Takes up the events that have come since the notice was last looked at. */
  static void takeUp(Handle handle, Notice notice, int most) {
    List<RecordedEvent> found =
        Events.after(
            handle, notice.owner().accountId(), notice.owner().region(), notice.seen(), most);
    if (found.isEmpty()) {
      return;
    }
    var batch =
        handle.prepareBatch(
            """
            INSERT INTO notice_delivery (notice_id, event, subject, attempts, next_try)
            VALUES (:notice, :event, :subject, 0, 0)
            ON CONFLICT (notice_id, event) DO NOTHING
            """);
    boolean any = false;
    for (RecordedEvent each : found) {
      if (notice.spec().wants(each.event().type())) {
        any = true;
        batch
            .bind("notice", notice.id())
            .bind("event", each.number())
            .bind("subject", each.event().subject())
            .add();
      }
    }
    if (any) {
      batch.execute();
    }
    handle
        .createUpdate("UPDATE notice SET seen = :seen WHERE id = :notice AND seen < :seen")
        .bind("seen", found.getLast().number())
        .bind("notice", notice.id())
        .execute();
  }

  /** Returns what can be tried now: of each subject, only the earliest. */
  static List<Delivery> due(Handle handle, Notice notice, Instant now, int most) {
    Map<Long, Integer> attempts = new HashMap<>();
    handle
        .createQuery(
            """
            SELECT event, attempts FROM notice_delivery
             WHERE notice_id = :notice AND next_try <= :now
               AND NOT EXISTS (SELECT 1 FROM notice_delivery AS earlier
                                WHERE earlier.notice_id = notice_delivery.notice_id
                                  AND earlier.subject = notice_delivery.subject
                                  AND earlier.event < notice_delivery.event)
             ORDER BY event LIMIT :most
            """)
        .bind("notice", notice.id())
        .bind("now", now.toEpochMilli())
        .bind("most", most)
        .map((row, _) -> Map.entry(row.getLong("event"), row.getInt("attempts")))
        .forEach(each -> attempts.put(each.getKey(), each.getValue()));
    return Events.of(handle, attempts.keySet()).stream()
        .map(event -> new Delivery(notice.id(), event, attempts.getOrDefault(event.number(), 0)))
        .toList();
  }

  static void succeeded(Handle handle, Delivery delivery) {
    var _ = remove(handle, delivery);
    handle
        .createUpdate(
            """
            UPDATE notice SET delivered = delivered + 1,
                   problem = CASE WHEN EXISTS (SELECT 1 FROM notice_delivery
                                                WHERE notice_id = :notice AND attempts > 0)
                                  THEN problem ELSE '' END
             WHERE id = :notice
            """)
        .bind("notice", delivery.noticeId())
        .execute();
  }

  /**
   * Has a delivery tried again, later with each attempt, until it is a day old.
   *
   * @return whether it is tried again
   */
  static boolean failed(Handle handle, Delivery delivery, String problem, Instant now) {
    boolean again = now.isBefore(delivery.event().happened().plus(TRIED));
    int givenUp = 0;
    if (again) {
      handle
          .createUpdate(
              """
              UPDATE notice_delivery SET attempts = attempts + 1, next_try = :next
               WHERE notice_id = :notice AND event = :event
              """)
          .bind("next", now.plus(pause(delivery.attempts())).toEpochMilli())
          .bind("notice", delivery.noticeId())
          .bind("event", delivery.event().number())
          .execute();
    } else {
      givenUp = remove(handle, delivery);
    }
    handle
        .createUpdate(
            "UPDATE notice SET problem = :problem, given_up = given_up + :given WHERE id = :notice")
        .bind("problem", problem.substring(0, Math.min(500, problem.length())))
        .bind("given", givenUp)
        .bind("notice", delivery.noticeId())
        .execute();
    return again;
  }

  /**
   * Gives up what is to be delivered of events that are forgotten: of a place that has been slower
   * than events come.
   */
  static void forget(Handle handle) {
    handle.execute(
        """
        UPDATE notice SET given_up = given_up
               + (SELECT COUNT(*) FROM notice_delivery
                   WHERE notice_id = notice.id
                     AND NOT EXISTS (SELECT 1 FROM event WHERE number = notice_delivery.event))
        """);
    handle.execute(
        """
        DELETE FROM notice_delivery
         WHERE NOT EXISTS (SELECT 1 FROM event WHERE number = notice_delivery.event)
        """);
  }

  static Duration pause(int attempts) {
    Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(attempts, MOST_DOUBLINGS));
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
  }

  private static int remove(Handle handle, Delivery delivery) {
    return handle
        .createUpdate("DELETE FROM notice_delivery WHERE notice_id = :notice AND event = :event")
        .bind("notice", delivery.noticeId())
        .bind("event", delivery.event().number())
        .execute();
  }

  /** An image that has become out of date. */
  private record Outdated(
      String id,
      String account,
      String region,
      String name,
      long since,
      int changes,
      int security) {}

  static boolean areUpdatesToAnnounce(Handle handle) {
    return !outdated(handle, BY_REPOSITORIES, 1).isEmpty()
        || !outdated(handle, BY_RINGS, 1).isEmpty();
  }

  /**
   * Records that updates are available of images that have become out of date: of those that have
   * no update yet, and once for each time.
   *
   * @return whether there are no more
   */
  static boolean announceUpdates(Handle handle, Instant now, int most) {
    List<Outdated> found = new ArrayList<>(outdated(handle, BY_REPOSITORIES, most));
    found.addAll(outdated(handle, BY_RINGS, most));
    announce(handle, found, now);
    return found.size() < most;
  }

  private static List<Outdated> outdated(Handle handle, String source, int most) {
    return handle
        .createQuery(
            """
            SELECT image.id, image.account_id, image.region, image.name,
                   verdict.outdated_since, verdict.changes, verdict.security_changes
            %s
                   LEFT JOIN update_announced ON update_announced.image_id = image.id
             WHERE verdict.state = 'OUTDATED' AND verdict.outdated_since IS NOT NULL
               AND image.state = 'AVAILABLE' AND image.account_id <> ''
               AND (update_announced.outdated_since IS NULL
                    OR update_announced.outdated_since <> verdict.outdated_since)
               AND NOT EXISTS (SELECT 1 FROM binned_image WHERE image_id = image.id)
               AND NOT EXISTS (SELECT 1 FROM image AS newer
                                WHERE newer.previous_id = image.id
                                  AND newer.state = 'AVAILABLE'
                                  AND NOT EXISTS (SELECT 1 FROM binned_image
                                                   WHERE image_id = newer.id))
             LIMIT :most
            """
                .formatted(source))
        .bind("most", most)
        .map((row, _) ->
            new Outdated(
                row.getString("id"),
                row.getString("account_id"),
                row.getString("region"),
                row.getString("name"),
                row.getLong("outdated_since"),
                row.getInt("changes"),
                row.getInt("security_changes")))
        .list();
  }

  private static void announce(Handle handle, List<Outdated> found, Instant now) {
    for (Outdated each : found) {
      handle
          .createUpdate(
              """
              INSERT INTO update_announced (image_id, outdated_since) VALUES (:image, :since)
              ON CONFLICT (image_id) DO UPDATE SET outdated_since = excluded.outdated_since
              """)
          .bind("image", each.id())
          .bind("since", each.since())
          .execute();
      Events.append(
          handle,
          new Event(
              EventType.UPDATE_AVAILABLE,
              each.account(),
              each.region(),
              each.name(),
              Map.of(
                  "outOfDateSince",
                  Instant.ofEpochMilli(each.since()).toString(),
                  "changes",
                  each.changes(),
                  "securityChanges",
                  each.security())),
          now);
    }
  }
}
