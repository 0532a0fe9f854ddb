package dev.regild.plan;

/**
 * What an update does to a package beside the plan's changes.
 *
 * @param kind what is done
 * @param name the package's name, with the architecture where that is a foreign one
 * @param from the installed version; empty for a package that is new
 * @param to the version that will be there; empty for a package that goes
 * @param why in a few words, as far as it is known; may be empty
 */
public record PackageChange(Kind kind, String name, String from, String to, String why) {
  /** What is done to a package. */
  public enum Kind {
    /** It comes new. */
    ADDED,
    /** It goes. */
    REMOVED,
    /** It changes although nothing planned that: its version may even stay the same. */
    UNPLANNED
  }
}
