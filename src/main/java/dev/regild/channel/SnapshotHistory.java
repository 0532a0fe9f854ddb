package dev.regild.channel;

import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/**
 * Since when a channel had which snapshot, as long as the snapshot is kept. Each call takes the
 * caller's handle.
 */
public final class SnapshotHistory {
  private SnapshotHistory() {}

  /**
   * A snapshot that a channel has or had.
   *
   * @param since when it became current, or was first seen
   */
  public record Entry(String channel, String digest, Instant since) {}

  /** Records a channel's current snapshot, unless it is the one that was recorded last. */
  public static void record(Handle handle, String channel, String digest, Instant now) {
    if (at(handle, channel, now).filter(last -> last.digest().equals(digest)).isPresent()) {
      return;
    }
    handle
        .createUpdate(
            """
            INSERT INTO channel_snapshot (channel, since, digest)
            VALUES (:channel, :since, :digest)
            ON CONFLICT (channel, since) DO UPDATE SET digest = excluded.digest
            """)
        .bind("channel", channel)
        .bind("since", now.toEpochMilli())
        .bind("digest", digest)
        .execute();
    Events.append(
        handle,
        new Event(EventType.SNAPSHOT_ARRIVED, "", "", channel, Map.of("snapshot", digest)),
        now);
  }

  /** Returns the snapshot that a channel had at that time. */
  public static Optional<Entry> at(Handle handle, String channel, Instant time) {
    return handle
        .createQuery(
            """
            SELECT * FROM channel_snapshot
             WHERE channel = :channel AND since <= :time ORDER BY since DESC LIMIT 1
            """)
        .bind("channel", channel)
        .bind("time", time.toEpochMilli())
        .map((row, _) ->
            new Entry(
                row.getString("channel"),
                row.getString("digest"),
                Instant.ofEpochMilli(row.getLong("since"))))
        .findOne();
  }

  /** Returns when a channel had a snapshot first; empty if it never had, or that is forgotten. */
  public static Optional<Instant> first(Handle handle, String channel, String digest) {
    return handle
        .createQuery(
            """
            SELECT since FROM channel_snapshot
             WHERE channel = :channel AND digest = :digest ORDER BY since LIMIT 1
            """)
        .bind("channel", channel)
        .bind("digest", digest)
        .mapTo(Long.class)
        .findOne()
        .map(Instant::ofEpochMilli);
  }

  /** Returns every snapshot of a channel, the newest first. */
  public static List<Entry> list(Handle handle, String channel) {
    return handle
        .createQuery("SELECT * FROM channel_snapshot WHERE channel = :channel ORDER BY since DESC")
        .bind("channel", channel)
        .map((row, _) ->
            new Entry(
                row.getString("channel"),
                row.getString("digest"),
                Instant.ofEpochMilli(row.getLong("since"))))
        .list();
  }

  /** Returns the last snapshot of each channel and day, the newest first. */
  public static Set<String> lastOfEachDay(Handle handle, Instant oldest) {
    return new LinkedHashSet<>(
        handle
            .createQuery(
                """
                SELECT digest FROM channel_snapshot AS kept
                 WHERE since >= :oldest
                   AND NOT EXISTS (SELECT 1 FROM channel_snapshot AS later
                                    WHERE later.channel = kept.channel
                                      AND later.since > kept.since
                                      AND later.since / :day = kept.since / :day)
                 ORDER BY since DESC
                """)
            .bind("oldest", oldest.toEpochMilli())
            .bind("day", Duration.ofDays(1).toMillis())
            .mapTo(String.class)
            .list());
  }

  /** Forgets snapshots that were removed. */
  public static void forget(Handle handle, Collection<String> digests) {
    if (!digests.isEmpty()) {
      handle
          .createUpdate("DELETE FROM channel_snapshot WHERE digest IN (<digests>)")
          .bindList("digests", List.copyOf(digests))
          .execute();
    }
  }
}
