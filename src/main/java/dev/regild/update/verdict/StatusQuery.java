package dev.regild.update.verdict;

import dev.regild.image.Owner;
import java.util.Optional;

/**
 * Which of an owner's images to list, of those that have a disk.
 *
 * @param owner who asks
 * @param standing only those that stand so; empty for any
 * @param platform only those of this platform; empty for any
 * @param exploited only those with an open CVE that is known to be exploited
 * @param sort what they are sorted by, then by name
 * @param descending whether the highest, latest or last comes first
 * @param after the last image of the page before
 * @param limit how many at most
 */
public record StatusQuery(
    Owner owner,
    Optional<Standing> standing,
    Optional<String> platform,
    boolean exploited,
    Sort sort,
    boolean descending,
    Optional<Place> after,
    int limit) {

  /** How images stand, for filters. */
  public enum Standing {
    CURRENT("verdict.state = 'CURRENT'"),
    OUTDATED("verdict.state = 'OUTDATED'"),
    UNKNOWN("verdict.state = 'UNKNOWN'"),
    /** An image that was made seconds ago. */
    NOT_JUDGED("verdict.state IS NULL");

    final String condition;

    Standing(String condition) {
      this.condition = condition;
    }
  }

  /** What images can be sorted by. What is not known comes last in the usual direction. */
  public enum Sort {
    NAME("0", false),
    OUT_OF_DATE_SINCE(
        "COALESCE(CASE WHEN verdict.state = 'OUTDATED' THEN verdict.outdated_since END,"
            + " 9223372036854775807)",
        false),
    CHANGES("COALESCE(verdict.changes, -1)", true),
    FIXABLE("COALESCE(verdict.fixable_cves, -1)", true),
    OPEN("COALESCE(verdict.open_cves, -1)", true),
    EXPLOITED("COALESCE(verdict.exploited_cves, -1)", true),
    SUPPORT_ENDS("COALESCE(verdict.support_ends, 9223372036854775807)", false);

    /** A number. */
    final String expression;

    private final boolean descending;

    Sort(String expression, boolean descending) {
      this.expression = expression;
      this.descending = descending;
    }

    /** Returns the direction in which those come first that want a look first. */
    public boolean usuallyDescending() {
      return descending;
    }
  }

  /**
   * A place in the order.
   *
   * @param value what the last image seen is sorted by
   * @param name its name
   */
  public record Place(long value, String name) {}
}
