package dev.regild.image;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * Where a statement about images finds how they stand: in the table {@code verdict} or, if their
 * line follows a ring that stands on a snapshot, in {@code ring_verdict}. A statement is written as
 * if there were only the former.
 */
public final class VerdictSource {
  /** Belongs behind {@code FROM image}. */
  public static final String JOIN =
      " LEFT JOIN verdict ON verdict.inventory_digest = image.inventory_digest";

  /** All that a verdict says. */
  public static final String COLUMNS =
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
              "unsupported_packages")
          .stream()
          .map("verdict.%1$s AS %1$s"::formatted)
          .collect(Collectors.joining(", "));

  private static final String JOIN_OF_BOTH =
      """
       LEFT JOIN line_image ON line_image.image_id = image.id
       LEFT JOIN ring_line ON ring_line.line_id = line_image.line_id
             AND EXISTS (SELECT 1 FROM ring
                          WHERE ring.id = ring_line.ring_id AND ring.source IS NOT NULL)
       LEFT JOIN verdict ON verdict.inventory_digest = image.inventory_digest
             AND ring_line.ring_id IS NULL
       LEFT JOIN ring_verdict ON ring_verdict.inventory_digest = image.inventory_digest
             AND ring_verdict.ring_id = ring_line.ring_id
      """;

  private static final Pattern COLUMN = Pattern.compile("\\bverdict\\.(\\w+)");

  /** Stands for the join while columns are replaced. */
  private static final String MARK = " <join> ";

  private VerdictSource() {}

  /**
   * Returns a statement that reads the right verdicts. It is the same, and as fast, as long as no
   * line follows such a ring.
   */
  public static String of(Handle handle, String sql) {
    if (!arePinned(handle)) {
      return sql;
    }
    String columns = sql.replace(JOIN, MARK);
    // An image has one of both at most.
    return COLUMN
        .matcher(columns)
        .replaceAll("COALESCE(verdict.$1, ring_verdict.$1)")
        .replace(MARK, JOIN_OF_BOTH);
  }

  private static boolean arePinned(Handle handle) {
    return handle
        .createQuery(
            """
            SELECT EXISTS (SELECT 1 FROM ring_line JOIN ring ON ring.id = ring_line.ring_id
                            WHERE ring.source IS NOT NULL)
            """)
        .map((row, _) -> row.getBoolean(1))
        .one();
  }
}
