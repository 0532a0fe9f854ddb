package dev.regild.plan;

/**
 * A package that an update leaves behind what its channel offers.
 *
 * @param name the package's name
 * @param architecture the package's architecture
 * @param from the installed version
 * @param offered the version that the channel offers
 * @param reason why, in a few words: {@code on hold}
 */
public record KeptBack(
    String name, String architecture, String from, String offered, String reason) {
  /** The reason of a package that its owner has put on hold. */
  public static final String ON_HOLD = "on hold";

  /** For a package that stays at its installed version. */
  public KeptBack(InstalledPackage installed, String offered, String reason) {
    this(installed.name(), installed.architecture(), installed.version(), offered, reason);
  }
}
