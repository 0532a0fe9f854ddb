package dev.regild.image;

import static java.util.stream.Collectors.joining;

import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Where a statement about images finds how they stand: in the table {@code verdict} or, if their
 * line follows a ring that stands on a snapshot, in {@code ring_verdict}. In a statement, both are
 * called {@code verdict}.
 */
public final class VerdictSource {
  private static final List<String> ALL =
      List.of(
          "state",
          "reason",
          "judged_at",
          "snapshot_digest",
          "outdated_since",
          "changes",
          "security_changes",
          "fixable_cves",
          "fixable_kernel_cves",
          "fixable_unknown",
          "open_cves",
          "open_kernel_cves",
          "wont_fix_cves",
          "exploited_cves",
          "support_ends",
          "long_support_ends",
          "unsupported_packages");

  /** All that a verdict says. */
  public static final String COLUMNS =
      ALL.stream().map("verdict.%1$s AS %1$s"::formatted).collect(joining(", "));

  private static final String OF_REPOSITORIES =
      " LEFT JOIN verdict ON verdict.inventory_digest = image.inventory_digest";

  /**
   * Not a view: PostgreSQL could no longer change the types of its columns, as it does after each
   * migration.
   */
  private static final String OF_BOTH =
      """
       JOIN (SELECT judged.id AS image_id, %s
               FROM image AS judged
               LEFT JOIN line_image ON line_image.image_id = judged.id
               LEFT JOIN ring_line ON ring_line.line_id = line_image.line_id
                     AND EXISTS (SELECT 1 FROM ring
                                  WHERE ring.id = ring_line.ring_id AND ring.source IS NOT NULL)
               LEFT JOIN verdict AS own ON own.inventory_digest = judged.inventory_digest
                     AND ring_line.ring_id IS NULL
               LEFT JOIN ring_verdict AS pinned
                      ON pinned.inventory_digest = judged.inventory_digest
                     AND pinned.ring_id = ring_line.ring_id) AS verdict
         ON verdict.image_id = image.id
      """
          .formatted(
              ALL.stream()
                  .map("COALESCE(own.%1$s, pinned.%1$s) AS %1$s"::formatted)
                  .collect(joining(", ")));

  private VerdictSource() {}

  /**
   * Returns what belongs behind {@code FROM image} in a statement: the join with {@code verdict},
   * all of whose columns are null for an image that was not judged yet. It is the cheap one as long
   * as no line follows such a ring.
   */
  public static String join(Handle handle) {
    boolean arePinned =
        handle
            .createQuery(
                """
                SELECT EXISTS (SELECT 1 FROM ring_line JOIN ring ON ring.id = ring_line.ring_id
                                WHERE ring.source IS NOT NULL)
                """)
            .map((row, _) -> row.getBoolean(1))
            .one();
    return arePinned ? OF_BOTH : OF_REPOSITORIES;
  }
}
