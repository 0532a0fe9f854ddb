package dev.regild.policy.schedule;

import dev.regild.channel.ring.Ring;
import dev.regild.channel.ring.RingRecords;
import dev.regild.image.Column;
import dev.regild.image.Owner;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/** The newest images of all lines of an owner, in one query however many there are. */
final class LineHeads {
  private LineHeads() {}

  /**
   * What a line ends in.
   *
   * @param head its newest AVAILABLE image
   * @param busy the name of an image that is being made of it
   * @param ring that it follows
   */
  record Line(Optional<Head> head, Optional<String> busy, Optional<Ring> ring) {}

  /**
   * The newest AVAILABLE image of a line.
   *
   * @param inventory its digest
   * @param standing what the last judgement says; empty if it has not been judged
   * @param revoked why it is revoked, so that it can't be updated; empty if it is not
   */
  record Head(
      String id,
      String name,
      Instant created,
      String platform,
      String inventory,
      Optional<Standing> standing,
      Optional<String> revoked) {}

  /**
   * A judgement.
   *
   * @param state CURRENT, OUTDATED or UNKNOWN
   * @param snapshot the digest of the snapshot that it was compared with
   */
  record Standing(String state, String snapshot, int changes, int security) {}

  /** Returns the lines of an owner, by name. */
  static NavigableMap<String, Line> of(Handle handle, Owner owner) {
    return of(handle, owner, Optional.empty());
  }

  /** Returns the owner's line of that name. */
  static Optional<Line> find(Handle handle, Owner owner, String name) {
    return Optional.ofNullable(of(handle, owner, Optional.of(name)).get(name));
  }

  private static NavigableMap<String, Line> of(
      Handle handle, Owner owner, Optional<String> onlyLine) {
    NavigableMap<String, Line> lines = new TreeMap<>();
    Map<String, Ring> rings = RingRecords.byLine(handle, owner.accountId(), owner.region());
    handle
        .createQuery(
            """
            SELECT newest.*,
                   (SELECT MIN(revocation.reason)
                      FROM revoked_image JOIN revocation ON revocation.id = revocation_id
                     WHERE revoked_image.image_id = newest.id AND undone IS NULL) AS revoked
              FROM (
              SELECT line.name AS line, image.id, image.name, image.state, image.created,
                     image.platform, image.inventory_digest,
                     CASE WHEN ring_verdict.ring_id IS NULL THEN verdict.state
                          ELSE ring_verdict.state END AS standing,
                     CASE WHEN ring_verdict.ring_id IS NULL THEN verdict.snapshot_digest
                          ELSE ring_verdict.snapshot_digest END AS judged_by,
                     CASE WHEN ring_verdict.ring_id IS NULL THEN verdict.changes
                          ELSE ring_verdict.changes END AS changes,
                     CASE WHEN ring_verdict.ring_id IS NULL THEN verdict.security_changes
                          ELSE ring_verdict.security_changes END AS security_changes,
                     ROW_NUMBER() OVER (
                       PARTITION BY line.id, CASE image.state WHEN 'AVAILABLE' THEN 0 ELSE 1 END
                       ORDER BY image.created DESC, image.id DESC) AS place
                FROM line
                     LEFT JOIN (line_image JOIN image ON image.id = line_image.image_id
                          AND image.state IN (
                            'AVAILABLE', 'PENDING', 'VALIDATING', 'COPYING', 'IMPORTING'))
                       ON line_image.line_id = line.id AND image.account_id = line.account_id
                     LEFT JOIN verdict ON verdict.inventory_digest = image.inventory_digest
                     LEFT JOIN ring_line ON ring_line.line_id = line.id
                     LEFT JOIN ring_verdict ON ring_verdict.ring_id = ring_line.ring_id
                          AND ring_verdict.inventory_digest = image.inventory_digest
               WHERE line.account_id = :account AND line.region = :region %s) AS newest
             WHERE place = 1
            """
                .formatted(onlyLine.isPresent() ? "AND line.name = :line" : ""))
        .bindMap(onlyLine.map(name -> Map.of("line", name)).orElse(Map.of()))
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .map((row, _) -> {
          String name = row.getString("line");
          Optional<Ring> ring = Optional.ofNullable(rings.get(name));
          lines.merge(name, line(row, ring), LineHeads::together);
          return true;
        })
        .list();
    return lines;
  }

  private static Line together(Line one, Line other) {
    return new Line(one.head().or(other::head), one.busy().or(other::busy), one.ring());
  }

  private static Line line(ResultSet row, Optional<Ring> ring) throws SQLException {
    String state = row.getString("state");
    if (state == null) {
      return new Line(Optional.empty(), Optional.empty(), ring);
    }
    return state.equals("AVAILABLE")
        ? new Line(Optional.of(head(row)), Optional.empty(), ring)
        : new Line(Optional.empty(), Optional.of(row.getString("name")), ring);
  }

  private static Head head(ResultSet row) throws SQLException {
    Optional<String> standing = Column.text(row, "standing");
    return new Head(
        row.getString("id"),
        row.getString("name"),
        Instant.ofEpochMilli(row.getLong("created")),
        Column.text(row, "platform").orElse(""),
        row.getString("inventory_digest"),
        standing.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new Standing(
                    standing.get(),
                    Column.text(row, "judged_by").orElse(""),
                    row.getInt("changes"),
                    row.getInt("security_changes"))),
        Column.text(row, "revoked"));
  }
}
