package dev.regild.insight;

/**
 * A package that differs between two images.
 *
 * @param from its version in the first image; empty if it is only in the second
 * @param to its version in the second image; empty if it is only in the first
 */
public record PackageDifference(
    Kind kind, String name, String architecture, String from, String to) {
  /** How a package differs. */
  public enum Kind {
    ADDED,
    REMOVED,
    UPGRADED,
    DOWNGRADED
  }
}
