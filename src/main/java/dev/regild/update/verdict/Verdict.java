package dev.regild.update.verdict;

import java.time.Instant;
import java.util.Optional;

/**
 * How the images with one inventory stand.
 *
 * @param state whether they are up to date
 * @param reason why that is unknown, and what to do; else empty
 * @param judgedAt when this was found
 * @param snapshot the digest of the channel's snapshot that they were compared with
 * @param outdatedSince when the first snapshot was made that had something for them; empty if they
 *     are not out of date
 * @param changes what an update would change
 * @param fixable what an update would fix
 * @param open what the feeds say is open; empty if no feed says anything of the platform
 * @param support until when the release is supported
 */
public record Verdict(
    State state,
    String reason,
    Instant judgedAt,
    Optional<String> snapshot,
    Optional<Instant> outdatedSince,
    Changes changes,
    Fixable fixable,
    Optional<Open> open,
    Support support) {

  /** Whether images are up to date. */
  public enum State {
    CURRENT,
    OUTDATED,
    /** There is no channel to compare them with, or it can't be used. */
    UNKNOWN
  }

  /**
   * The changes of an update.
   *
   * @param all how many
   * @param security how many of them fix security problems, as the repositories say
   */
  public record Changes(int all, int security) {
    static final Changes NONE = new Changes(0, 0);
  }

  /**
   * CVEs that an update would fix, each counted once.
   *
   * @param cves outside the kernel
   * @param kernelCves in the kernel
   * @param unknown packages with CVEs that may be missing; if there are any, the numbers are
   *     minimums
   */
  public record Fixable(int cves, int kernelCves, int unknown) {
    static final Fixable NOTHING = new Fixable(0, 0, 0);
  }

  /**
   * CVEs that the installed packages have by the feeds, each counted once.
   *
   * @param cves open outside the kernel, whether or not there is a fix
   * @param kernelCves open in the kernel
   * @param wontFix that the vendor does not fix
   * @param exploited of all these, those that are known to be exploited; empty if no feed says so
   */
  public record Open(int cves, int kernelCves, int wontFix, Optional<Integer> exploited) {}

  /**
   * Support of the release, by its vendor's data.
   *
   * @param ends when the usual support ends; empty if it is not known
   * @param longTermEnds when long-term support ends; empty if there is none, or it is not known
   * @param unsupportedPackages installed source packages without security support, or with limited
   *     support; empty if it is not known
   */
  public record Support(
      Optional<Instant> ends,
      Optional<Instant> longTermEnds,
      Optional<Integer> unsupportedPackages) {
    /** Nothing is known. */
    public static final Support UNKNOWN =
        new Support(Optional.empty(), Optional.empty(), Optional.empty());
  }
}
