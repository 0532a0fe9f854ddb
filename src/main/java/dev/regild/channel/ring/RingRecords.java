package dev.regild.channel.ring;

import dev.regild.channel.ring.Ring.Gates;
import dev.regild.channel.ring.Ring.Standing;
import dev.regild.db.Portions;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** The rings of all channels, and what follows them. Each call takes the caller's handle. */
public final class RingRecords {
  private static final String SELECT = "SELECT ring.* FROM ring ";

  private RingRecords() {}

  /**
   * A line that follows a ring.
   *
   * @param images how many it has
   */
  public record FollowingLine(String accountId, String region, String name, int images) {}

  /**
   * A ring that stands on a snapshot or waits for one, with the platform of images that follow it.
   */
  public record Followed(Ring ring, String platform) {}

  /** Returns whether it was written; false if the channel has a ring of that name. */
  public static boolean insert(Handle handle, Ring ring) {
    return handle
            .createUpdate(
                """
                INSERT INTO ring (id, channel, name, source, least_qualified, least_age, created)
                VALUES (:id, :channel, :name, :source, :qualified, :age, :created)
                ON CONFLICT (channel, name) DO NOTHING
                """)
            .bind("id", ring.id())
            .bind("channel", ring.channel())
            .bind("name", ring.name())
            .bind("source", ring.source().orElse(null))
            .bind("qualified", ring.gates().qualified())
            .bind("age", ring.gates().age().toMillis())
            .bind("created", ring.created().toEpochMilli())
            .execute()
        == 1;
  }

  /** Gives a ring another source and other gates. */
  public static void change(Handle handle, Ring ring, Optional<String> source, Gates gates) {
    handle
        .createUpdate(
            """
            UPDATE ring SET source = :source, least_qualified = :qualified, least_age = :age
             WHERE id = :id
            """)
        .bind("id", ring.id())
        .bind("source", source.orElse(null))
        .bind("qualified", gates.qualified())
        .bind("age", gates.age().toMillis())
        .execute();
  }

  public static void delete(Handle handle, Ring ring) {
    handle.createUpdate("DELETE FROM ring WHERE id = :id").bind("id", ring.id()).execute();
  }

  public static Optional<Ring> find(Handle handle, String channel, String name) {
    return handle
        .createQuery(SELECT + "WHERE channel = :channel AND name = :name")
        .bind("channel", channel)
        .bind("name", name)
        .map((row, _) -> ring(row))
        .findOne();
  }

  /** Returns all rings, by channel and age. */
  public static List<Ring> list(Handle handle) {
    return handle
        .createQuery(SELECT + "ORDER BY channel, created, name")
        .map((row, _) -> ring(row))
        .list();
  }

  /** Returns the rings of a channel, the oldest first. */
  public static List<Ring> list(Handle handle, String channel) {
    return handle
        .createQuery(SELECT + "WHERE channel = :channel ORDER BY created, name")
        .bind("channel", channel)
        .map((row, _) -> ring(row))
        .list();
  }

  /**
   * Returns the rings of images' lines, by the image's id; lacks images that have no line, and
   * those whose line has no ring.
   */
  public static Map<String, Ring> ofImages(Handle handle, Collection<String> imageIds) {
    Map<String, Ring> found = new HashMap<>();
    Portions.of(imageIds)
        .forEach(some ->
            handle
                .createQuery(
                    """
                    SELECT ring.*, line_image.image_id
                      FROM line_image JOIN ring_line ON ring_line.line_id = line_image.line_id
                      JOIN ring ON ring.id = ring_line.ring_id
                     WHERE line_image.image_id IN (<images>)
                    """)
                .bindList("images", some)
                .map((row, _) -> Map.entry(row.getString("image_id"), ring(row)))
                .forEach(each -> found.put(each.getKey(), each.getValue())));
    return found;
  }

  /** Returns the ring of a line. */
  public static Optional<Ring> ofLine(Handle handle, String lineId) {
    return handle
        .createQuery(SELECT + "JOIN ring_line ON ring_line.ring_id = ring.id WHERE line_id = :line")
        .bind("line", lineId)
        .map((row, _) -> ring(row))
        .findOne();
  }

  /** Returns the rings that an account's lines of a region follow, by the line's name. */
  public static Map<String, Ring> byLine(Handle handle, String accountId, String region) {
    return handle
        .createQuery(
            """
            SELECT ring.*, line.name AS line_name
              FROM line JOIN ring_line ON ring_line.line_id = line.id
              JOIN ring ON ring.id = ring_line.ring_id
             WHERE line.account_id = :account AND line.region = :region
            """)
        .bind("account", accountId)
        .bind("region", region)
        .map((row, _) -> Map.entry(row.getString("line_name"), ring(row)))
        .collectToMap(Map.Entry::getKey, Map.Entry::getValue);
  }

  /** Has a line follow a ring, whatever it followed before. */
  public static void follow(Handle handle, String lineId, Ring ring) {
    handle
        .createUpdate(
            """
            INSERT INTO ring_line (line_id, ring_id) VALUES (:line, :ring)
            ON CONFLICT (line_id) DO UPDATE SET ring_id = excluded.ring_id
            """)
        .bind("line", lineId)
        .bind("ring", ring.id())
        .execute();
  }

  /** Has a line follow the channel's repositories again. */
  public static void unfollow(Handle handle, String lineId) {
    handle
        .createUpdate("DELETE FROM ring_line WHERE line_id = :line")
        .bind("line", lineId)
        .execute();
  }

  /** Returns the lines that follow a ring, by account, region and name. */
  public static List<FollowingLine> lines(Handle handle, Ring ring) {
    return handle
        .createQuery(
            """
            SELECT account_id, region, name,
                   (SELECT COUNT(*) FROM line_image WHERE line_image.line_id = line.id) AS images
              FROM line JOIN ring_line ON ring_line.line_id = line.id
             WHERE ring_line.ring_id = :ring ORDER BY account_id, region, name
            """)
        .bind("ring", ring.id())
        .map((row, _) ->
            new FollowingLine(
                row.getString("account_id"),
                row.getString("region"),
                row.getString("name"),
                row.getInt("images")))
        .list();
  }

  /** Returns the rings with images whose snapshot is not the channel's current one. */
  public static List<Followed> followed(Handle handle) {
    return handle
        .createQuery(
            """
            SELECT DISTINCT ring.*, image.platform AS image_platform
              FROM ring JOIN ring_line ON ring_line.ring_id = ring.id
              JOIN line_image ON line_image.line_id = ring_line.line_id
              JOIN image ON image.id = line_image.image_id
             WHERE ring.source IS NOT NULL AND image.platform IS NOT NULL
               AND image.inventory_digest IS NOT NULL
            """)
        .map((row, _) -> new Followed(ring(row), row.getString("image_platform")))
        .list();
  }

  /**
   * Counts the images that were made from a snapshot, qualified, and follow a ring; those that
   * follow none count for a ring that follows the repositories.
   */
  public static int qualified(Handle handle, Ring ring, String snapshot) {
    return handle
        .createQuery(
            """
            SELECT COUNT(*)
              FROM update_run JOIN image ON image.id = update_run.image_id
              LEFT JOIN line_image ON line_image.image_id = image.id
              LEFT JOIN ring_line ON ring_line.line_id = line_image.line_id
             WHERE update_run.snapshot_digest = :snapshot AND update_run.status = 'SUCCEEDED'
               AND image.state = 'AVAILABLE' AND image.qualification IS NOT NULL
               AND (ring_line.ring_id = :ring OR (:follows AND ring_line.ring_id IS NULL))
            """)
        .bind("snapshot", snapshot)
        .bind("ring", ring.id())
        .bind("follows", ring.followsRepositories())
        .mapTo(Integer.class)
        .one();
  }

  /**
   * Moves a ring, if it still stands where it stood.
   *
   * @return whether it did
   */
  public static boolean move(Handle handle, Ring ring, RingMove move) {
    int moved =
        handle
            .createUpdate(
                """
                UPDATE ring
                   SET snapshot_digest = CAST(:to AS TEXT), since = CAST(:since AS BIGINT)
                 WHERE id = :id AND COALESCE(snapshot_digest, '') = :from
                """)
            .bind("to", move.to().orElse(null))
            .bind("since", move.to().isPresent() ? (Long) move.moved().toEpochMilli() : null)
            .bind("id", ring.id())
            .bind("from", move.from().orElse(""))
            .execute();
    if (moved == 1) {
      record(handle, ring, move);
    }
    return moved == 1;
  }

  private static void record(Handle handle, Ring ring, RingMove move) {
    handle
        .createUpdate(
            """
            INSERT INTO ring_move (
              channel, ring, number, act, source, from_snapshot, to_snapshot, moved, moved_by,
              override_reason)
            VALUES (
              :channel, :ring, :number, :act, :source, :from, :to, :moved, :by, :override)
            """)
        .bind("channel", ring.channel())
        .bind("ring", ring.name())
        .bind("number", move.number())
        .bind("act", move.act().name())
        .bind("source", move.source().orElse(null))
        .bind("from", move.from().orElse(null))
        .bind("to", move.to().orElse(null))
        .bind("moved", move.moved().toEpochMilli())
        .bind("by", move.by())
        .bind("override", move.override())
        .execute();
  }

  /** Returns the moves of a ring, the newest first; also those of a ring that was removed. */
  public static List<RingMove> moves(Handle handle, String channel, String ring) {
    return handle
        .createQuery(
            """
            SELECT * FROM ring_move WHERE channel = :channel AND ring = :ring
             ORDER BY number DESC
            """)
        .bind("channel", channel)
        .bind("ring", ring)
        .map((row, _) -> move(row))
        .list();
  }

  /** Returns the snapshots that rings stand on, and those that a rollback goes back to. */
  public static Set<String> held(Handle handle) {
    Set<String> held = new HashSet<>();
    for (Ring ring : list(handle)) {
      ring.standing().map(Standing::snapshot).ifPresent(held::add);
      RingMove.before(moves(handle, ring.channel(), ring.name())).ifPresent(held::add);
    }
    return held;
  }

  private static Ring ring(ResultSet row) throws SQLException {
    String snapshot = row.getString("snapshot_digest");
    return new Ring(
        row.getString("id"),
        row.getString("channel"),
        row.getString("name"),
        Optional.ofNullable(row.getString("source")),
        snapshot == null
            ? Optional.empty()
            : Optional.of(new Standing(snapshot, Instant.ofEpochMilli(row.getLong("since")))),
        new Gates(row.getInt("least_qualified"), Duration.ofMillis(row.getLong("least_age"))),
        Instant.ofEpochMilli(row.getLong("created")));
  }

  private static RingMove move(ResultSet row) throws SQLException {
    return new RingMove(
        row.getInt("number"),
        RingMove.Act.valueOf(row.getString("act")),
        Optional.ofNullable(row.getString("source")),
        Optional.ofNullable(row.getString("from_snapshot")),
        Optional.ofNullable(row.getString("to_snapshot")),
        Instant.ofEpochMilli(row.getLong("moved")),
        row.getString("moved_by"),
        row.getString("override_reason"));
  }
}
