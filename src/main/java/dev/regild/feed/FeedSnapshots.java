package dev.regild.feed;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/**
 * The snapshots of feeds: what was read of their last good contents. The one that counts is also in
 * the tables {@code feed} and {@code feed_facts}. Each call takes the caller's handle.
 */
final class FeedSnapshots {
  /** Days of which the last snapshot is kept. */
  private static final int DAYS = 7;

  /** The newest ones, which are kept whatever their day. */
  private static final int NEWEST = 2;

  private FeedSnapshots() {}

  private record Key(String feed, String digest) {}

  /** What a snapshot says of a platform, to be stored. */
  record Facts(int issues, byte[] packed) {}

  /** Returns the snapshots of each feed, newest first. */
  static Map<String, List<FeedSnapshot>> all(Handle handle) {
    Map<Key, Map<String, Integer>> issues = new HashMap<>();
    handle
        .createQuery("SELECT feed, digest, platform, issues FROM feed_snapshot_facts")
        .map((row, _) -> {
          issues
              .computeIfAbsent(key(row), _ -> new TreeMap<>())
              .put(row.getString("platform"), row.getInt("issues"));
          return true;
        })
        .list();
    return handle
        .createQuery("SELECT * FROM feed_snapshot ORDER BY read_at DESC")
        .map(
            (row, _) -> Map.entry(key(row), snapshot(row, issues.getOrDefault(key(row), Map.of()))))
        .stream()
        .collect(groupingBy(each -> each.getKey().feed(), mapping(Map.Entry::getValue, toList())));
  }

  private static Key key(ResultSet row) throws SQLException {
    return new Key(row.getString("feed"), row.getString("digest"));
  }

  private static FeedSnapshot snapshot(ResultSet row, Map<String, Integer> issues)
      throws SQLException {
    return new FeedSnapshot(
        row.getString("digest"),
        Instant.ofEpochMilli(row.getLong("read_at")),
        row.getString("verified"),
        issues);
  }

  /**
   * Stores the newest snapshot of a feed, or the same with what it says of more platforms. Removes
   * old ones.
   *
   * @param held the digest of the one that is kept whatever its age; empty if there is none
   * @param facts by platform
   */
  static void add(
      Handle handle, String feed, FeedSnapshot snapshot, String held, Map<String, Facts> facts) {
    List<FeedSnapshot> earlier = all(handle).getOrDefault(feed, List.of());
    // Clocks go back, or stand still.
    long after = earlier.isEmpty() ? 0 : earlier.getFirst().readAt().toEpochMilli() + 1;
    handle
        .createUpdate(
            """
            INSERT INTO feed_snapshot (feed, digest, read_at, verified)
            VALUES (:feed, :digest, :at, :verified)
            ON CONFLICT (feed, digest) DO UPDATE SET
              read_at = excluded.read_at, verified = excluded.verified
            """)
        .bind("feed", feed)
        .bind("digest", snapshot.digest())
        .bind("at", Math.max(after, snapshot.readAt().toEpochMilli()))
        .bind("verified", snapshot.verified())
        .execute();
    handle
        .createUpdate("DELETE FROM feed_snapshot_facts WHERE feed = :feed AND digest = :digest")
        .bind("feed", feed)
        .bind("digest", snapshot.digest())
        .execute();
    facts.forEach((platform, each) ->
        handle
            .createUpdate(
                """
                INSERT INTO feed_snapshot_facts (feed, digest, platform, issues, compressed_json)
                VALUES (:feed, :digest, :platform, :issues, :json)
                """)
            .bind("feed", feed)
            .bind("digest", snapshot.digest())
            .bind("platform", platform)
            .bind("issues", each.issues())
            .bind("json", each.packed())
            .execute());
    removeOld(handle, feed, held);
  }

  private static void removeOld(Handle handle, String feed, String held) {
    Set<LocalDate> days = new HashSet<>();
    int number = 0;
    for (FeedSnapshot each : all(handle).getOrDefault(feed, List.of())) {
      boolean lastOfDay = days.add(each.readAt().atZone(ZoneOffset.UTC).toLocalDate());
      boolean stays = number++ < NEWEST || (lastOfDay && days.size() <= DAYS);
      if (!stays && !each.digest().equals(held)) {
        handle
            .createUpdate("DELETE FROM feed_snapshot WHERE feed = :feed AND digest = :digest")
            .bind("feed", feed)
            .bind("digest", each.digest())
            .execute();
      }
    }
  }

  /** Makes a snapshot of a feed the one that counts. */
  static void use(Handle handle, String feed, String digest) {
    handle
        .createUpdate(
            """
            UPDATE feed SET snapshot = :digest,
                   snapshot_at = (SELECT read_at FROM feed_snapshot
                                   WHERE feed_snapshot.feed = :feed AND digest = :digest),
                   verified = (SELECT feed_snapshot.verified FROM feed_snapshot
                                WHERE feed_snapshot.feed = :feed AND digest = :digest)
             WHERE name = :feed
            """)
        .bind("feed", feed)
        .bind("digest", digest)
        .execute();
    handle.createUpdate("DELETE FROM feed_facts WHERE feed = :feed").bind("feed", feed).execute();
    handle
        .createUpdate(
            """
            INSERT INTO feed_facts (feed, platform, snapshot, issues, compressed_json)
            SELECT feed, platform, digest, issues, compressed_json FROM feed_snapshot_facts
             WHERE feed = :feed AND digest = :digest
            """)
        .bind("feed", feed)
        .bind("digest", digest)
        .execute();
  }
}
