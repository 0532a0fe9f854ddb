package dev.regild.update.verdict;

import dev.regild.channel.ring.Ring;
import dev.regild.db.Portions;
import dev.regild.image.Image;
import dev.regild.image.VerdictSource;
import dev.regild.update.verdict.Verdict.Changes;
import dev.regild.update.verdict.Verdict.Fixable;
import dev.regild.update.verdict.Verdict.Open;
import dev.regild.update.verdict.Verdict.Support;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** The verdicts of the registry, by the digests of inventories. */
public final class Verdicts {
  private static final String WRITE =
      """
      INSERT INTO %1$s (
        %2$sinventory_digest, platform, basis, judged_at, state, reason, snapshot_digest,
        outdated_since, changes, security_changes, fixable_cves, fixable_kernel_cves,
        fixable_unknown, changelogs_at, open_cves, open_kernel_cves, wont_fix_cves,
        exploited_cves, support_ends, long_support_ends, unsupported_packages)
      SELECT
        %3$sdigest, :platform, :basis, :judgedAt, :state, :reason, :snapshot,
        CAST(:since AS BIGINT), :changes, :security, :fixable, :fixableKernel,
        :unknown, :changelogsAt, CAST(:open AS INTEGER), CAST(:openKernel AS INTEGER),
        CAST(:wontFix AS INTEGER), CAST(:exploited AS INTEGER), CAST(:ends AS BIGINT),
        CAST(:longEnds AS BIGINT), CAST(:unsupported AS INTEGER)
        FROM inventory WHERE digest = :inventory
      ON CONFLICT (%4$sinventory_digest) DO UPDATE SET
        platform = excluded.platform,
        basis = excluded.basis,
        judged_at = excluded.judged_at,
        state = excluded.state,
        reason = excluded.reason,
        snapshot_digest = excluded.snapshot_digest,
        outdated_since = CASE excluded.state
          WHEN 'OUTDATED' THEN COALESCE(%1$s.outdated_since, excluded.outdated_since)
          WHEN 'UNKNOWN' THEN %1$s.outdated_since
          ELSE NULL END,
        changes = excluded.changes,
        security_changes = excluded.security_changes,
        fixable_cves = excluded.fixable_cves,
        fixable_kernel_cves = excluded.fixable_kernel_cves,
        fixable_unknown = excluded.fixable_unknown,
        changelogs_at = excluded.changelogs_at,
        open_cves = excluded.open_cves,
        open_kernel_cves = excluded.open_kernel_cves,
        wont_fix_cves = excluded.wont_fix_cves,
        exploited_cves = excluded.exploited_cves,
        support_ends = excluded.support_ends,
        long_support_ends = excluded.long_support_ends,
        unsupported_packages = excluded.unsupported_packages
      """;

  private Verdicts() {}

  /**
   * A verdict to write.
   *
   * @param inventory its digest
   * @param changelogsAt when the newest changelog was read that was known
   */
  record Judged(
      String inventory, String platform, String basis, long changelogsAt, Verdict verdict) {}

  /** An inventory to judge. */
  record Due(String inventory, String platform) {}

  /** Returns the verdict on an inventory by the repositories; empty if it was not judged yet. */
  public static Optional<Verdict> find(Handle handle, String inventory) {
    return handle
        .createQuery("SELECT * FROM verdict WHERE inventory_digest = :inventory")
        .bind("inventory", inventory)
        .map((row, _) -> read(row))
        .findOne();
  }

  /** Returns the verdict on an image; empty if it was not judged yet, or has no disk. */
  public static Optional<Verdict> find(Handle handle, Image image) {
    return Optional.ofNullable(find(handle, List.of(image)).get(image.id()));
  }

  /** Returns the verdicts on images by id; lacks those that were not judged yet. */
  public static Map<String, Verdict> find(Handle handle, Collection<Image> images) {
    Map<String, Verdict> found = new HashMap<>();
    String sql =
        "SELECT image.id AS image_id, %s FROM image%s WHERE image.id IN (<images>)"
            .formatted(VerdictSource.COLUMNS, VerdictSource.join(handle));
    Portions.of(images.stream().map(Image::id).distinct().toList())
        .forEach(some ->
            handle
                .createQuery(sql)
                .bindList("images", some)
                .map((row, _) ->
                    Map.entry(
                        row.getString("image_id"),
                        row.getString("state") == null
                            ? Optional.<Verdict>empty()
                            : Optional.of(read(row))))
                .forEach(each ->
                    each.getValue().ifPresent(verdict -> found.put(each.getKey(), verdict))));
    return found;
  }

  /** Reads the columns of a verdict. */
  static Verdict read(ResultSet row) throws SQLException {
    return new Verdict(
        Verdict.State.valueOf(row.getString("state")),
        row.getString("reason"),
        Instant.ofEpochMilli(row.getLong("judged_at")),
        Optional.ofNullable(row.getString("snapshot_digest")),
        row.getString("state").equals(Verdict.State.OUTDATED.name())
            ? instant(row, "outdated_since")
            : Optional.empty(),
        new Changes(row.getInt("changes"), row.getInt("security_changes")),
        new Fixable(
            row.getInt("fixable_cves"),
            row.getInt("fixable_kernel_cves"),
            row.getInt("fixable_unknown")),
        open(row),
        new Support(
            instant(row, "support_ends"),
            instant(row, "long_support_ends"),
            number(row, "unsupported_packages")));
  }

  private static Optional<Open> open(ResultSet row) throws SQLException {
    Optional<Integer> cves = number(row, "open_cves");
    return cves.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Open(
                cves.get(),
                row.getInt("open_kernel_cves"),
                row.getInt("wont_fix_cves"),
                number(row, "exploited_cves")));
  }

  private static Optional<Integer> number(ResultSet row, String column) throws SQLException {
    int value = row.getInt(column);
    return row.wasNull() ? Optional.empty() : Optional.of(value);
  }

  private static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(value));
  }

  /**
   * Writes verdicts. An inventory that has gone meanwhile gets none. One that was out of date stays
   * so since the same time.
   *
   * @return how many were written
   */
  static int write(Handle handle, List<Judged> all) {
    return write(handle, WRITE.formatted("verdict", "", "", ""), all, Map.of());
  }

  /** The same, for the images that follow a ring. */
  static int write(Handle handle, Ring ring, List<Judged> all) {
    String sql = WRITE.formatted("ring_verdict", "ring_id, ", ":ring, ", "ring_id, ");
    return write(handle, sql, all, Map.of("ring", ring.id()));
  }

  private static int write(
      Handle handle, String sql, List<Judged> all, Map<String, String> besides) {
    PreparedBatch batch = handle.prepareBatch(sql);
    for (Judged each : all) {
      bind(batch, each);
      besides.forEach(batch::bind);
      batch.add();
    }
    return all.isEmpty() ? 0 : Arrays.stream(batch.execute()).sum();
  }

  private static void bind(PreparedBatch batch, Judged each) {
    Verdict verdict = each.verdict();
    batch
        .bind("inventory", each.inventory())
        .bind("platform", each.platform())
        .bind("basis", each.basis())
        .bind("judgedAt", verdict.judgedAt().toEpochMilli())
        .bind("state", verdict.state().name())
        .bind("reason", verdict.reason())
        .bind("snapshot", verdict.snapshot().orElse(null))
        .bind("since", verdict.outdatedSince().map(Instant::toEpochMilli).orElse(null))
        .bind("changes", verdict.changes().all())
        .bind("security", verdict.changes().security())
        .bind("fixable", verdict.fixable().cves())
        .bind("fixableKernel", verdict.fixable().kernelCves())
        .bind("unknown", verdict.fixable().unknown())
        .bind("changelogsAt", each.changelogsAt())
        .bind("open", verdict.open().map(Open::cves).orElse(null))
        .bind("openKernel", verdict.open().map(Open::kernelCves).orElse(null))
        .bind("wontFix", verdict.open().map(Open::wontFix).orElse(null))
        .bind("exploited", verdict.open().flatMap(Open::exploited).orElse(null))
        .bind("ends", verdict.support().ends().map(Instant::toEpochMilli).orElse(null))
        .bind("longEnds", verdict.support().longTermEnds().map(Instant::toEpochMilli).orElse(null))
        .bind("unsupported", verdict.support().unsupportedPackages().orElse(null));
  }

  /** Returns some inventories of images that have not been judged yet. */
  static List<Due> unjudged(Handle handle, int most) {
    return handle
        .createQuery(
            """
            SELECT inventory.digest AS digest,
                   (SELECT MIN(image.platform) FROM image
                     WHERE image.inventory_digest = inventory.digest) AS platform
              FROM inventory LEFT JOIN verdict ON verdict.inventory_digest = inventory.digest
             WHERE verdict.inventory_digest IS NULL
               AND EXISTS (SELECT 1 FROM image WHERE image.inventory_digest = inventory.digest
                                                 AND image.platform IS NOT NULL)
             LIMIT :most
            """)
        .bind("most", most)
        .map((row, _) -> new Due(row.getString("digest"), row.getString("platform")))
        .list();
  }

  /** Returns the platforms of all images that were judged. */
  public static Set<String> platforms(Handle handle) {
    return Set.copyOf(
        handle.createQuery("SELECT DISTINCT platform FROM verdict").mapTo(String.class).list());
  }

  /** Returns the platforms of verdicts, with what they were judged by. */
  static Map<String, List<String>> bases(Handle handle) {
    Map<String, List<String>> bases = new HashMap<>();
    handle
        .createQuery("SELECT DISTINCT platform, basis FROM verdict")
        .map((row, _) -> Map.entry(row.getString("platform"), row.getString("basis")))
        .forEach(each ->
            bases.computeIfAbsent(each.getKey(), _ -> new ArrayList<>()).add(each.getValue()));
    return bases;
  }

  /** Returns some inventories of a platform that were judged by anything else than this. */
  static List<String> outdated(Handle handle, String platform, String basis, int most) {
    return handle
        .createQuery(
            """
            SELECT inventory_digest FROM verdict
             WHERE platform = :platform AND (basis < :basis OR basis > :basis)
             LIMIT :most
            """)
        .bind("platform", platform)
        .bind("basis", basis)
        .bind("most", most)
        .mapTo(String.class)
        .list();
  }

  /** Returns some inventories of a ring's images that were judged by anything else than this. */
  static List<String> outdated(Handle handle, Ring ring, String platform, String basis, int most) {
    return handle
        .createQuery(
            """
            SELECT DISTINCT image.inventory_digest
              FROM ring_line JOIN line_image ON line_image.line_id = ring_line.line_id
              JOIN image ON image.id = line_image.image_id
              LEFT JOIN ring_verdict ON ring_verdict.ring_id = ring_line.ring_id
                    AND ring_verdict.inventory_digest = image.inventory_digest
             WHERE ring_line.ring_id = :ring AND image.platform = :platform
               AND image.inventory_digest IS NOT NULL
               AND (ring_verdict.basis IS NULL OR ring_verdict.basis <> :basis)
             LIMIT :most
            """)
        .bind("ring", ring.id())
        .bind("platform", platform)
        .bind("basis", basis)
        .bind("most", most)
        .mapTo(String.class)
        .list();
  }

  /** Has the inventories judged again of which changelogs were missing that may be there now. */
  static int forgetIncomplete(Handle handle, long changelogsAt) {
    int forgotten = 0;
    for (String table : List.of("verdict", "ring_verdict")) {
      forgotten +=
          handle
              .createUpdate(
                  """
                  UPDATE %s SET basis = ''
                   WHERE fixable_unknown > 0 AND changelogs_at < :at AND basis <> ''
                  """
                      .formatted(table))
              .bind("at", changelogsAt)
              .execute();
    }
    return forgotten;
  }
}
