package dev.regild.update.verdict;

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
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** The verdicts of the registry, by the digests of inventories. */
public final class Verdicts {
  private static final int MOST_AT_ONCE = 500;

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

  /** Returns the verdict on an inventory; empty if it has not been judged yet. */
  public static Optional<Verdict> find(Handle handle, String inventory) {
    return Optional.ofNullable(find(handle, List.of(inventory)).get(inventory));
  }

  /** Returns the verdicts on inventories by digest; lacks those that have not been judged yet. */
  public static Map<String, Verdict> find(Handle handle, Collection<String> inventories) {
    List<String> all = List.copyOf(inventories);
    Map<String, Verdict> found = new HashMap<>();
    for (int from = 0; from < all.size(); from += MOST_AT_ONCE) {
      handle
          .createQuery("SELECT * FROM verdict WHERE inventory_digest IN (<inventories>)")
          .bindList("inventories", all.subList(from, Math.min(all.size(), from + MOST_AT_ONCE)))
          .map((row, _) -> Map.entry(row.getString("inventory_digest"), read(row)))
          .forEach(each -> found.put(each.getKey(), each.getValue()));
    }
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
    PreparedBatch batch =
        handle.prepareBatch(
            """
            INSERT INTO verdict (
              inventory_digest, platform, basis, judged_at, state, reason, snapshot_digest,
              outdated_since, changes, security_changes, fixable_cves, fixable_kernel_cves,
              fixable_unknown, changelogs_at, open_cves, open_kernel_cves, wont_fix_cves,
              exploited_cves, support_ends, long_support_ends, unsupported_packages)
            SELECT
              digest, :platform, :basis, :judgedAt, :state, :reason, :snapshot,
              CAST(:since AS BIGINT), :changes, :security, :fixable, :fixableKernel,
              :unknown, :changelogsAt, CAST(:open AS INTEGER), CAST(:openKernel AS INTEGER),
              CAST(:wontFix AS INTEGER), CAST(:exploited AS INTEGER), CAST(:ends AS BIGINT),
              CAST(:longEnds AS BIGINT), CAST(:unsupported AS INTEGER)
              FROM inventory WHERE digest = :inventory
            ON CONFLICT (inventory_digest) DO UPDATE SET
              platform = excluded.platform,
              basis = excluded.basis,
              judged_at = excluded.judged_at,
              state = excluded.state,
              reason = excluded.reason,
              snapshot_digest = excluded.snapshot_digest,
              outdated_since = CASE excluded.state
                WHEN 'OUTDATED' THEN COALESCE(verdict.outdated_since, excluded.outdated_since)
                WHEN 'UNKNOWN' THEN verdict.outdated_since
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
            """);
    for (Judged each : all) {
      bind(batch, each);
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

  /** Has the inventories judged again of which changelogs were missing that may be there now. */
  static int forgetIncomplete(Handle handle, long changelogsAt) {
    return handle
        .createUpdate(
            """
            UPDATE verdict SET basis = ''
             WHERE fixable_unknown > 0 AND changelogs_at < :at AND basis <> ''
            """)
        .bind("at", changelogsAt)
        .execute();
  }
}
