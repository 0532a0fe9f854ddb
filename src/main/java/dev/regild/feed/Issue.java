package dev.regild.feed;

/**
 * What a feed says about a CVE in a package of a release.
 *
 * @param cve its identifier; where the vendor knows of no CVE, the vendor's own
 * @param state what the vendor says
 * @param fixed the version in which it is fixed; empty if there is none
 * @param severity in the vendor's words; empty if it says nothing
 * @param note why it is in its state, in the vendor's words; often empty
 */
public record Issue(String cve, State state, String fixed, String severity, String note) {
  /** What a vendor says. */
  public enum State {
    /** Versions before the fixed one are affected; all if there is no fixed one. */
    AFFECTED,
    /** No version of the package in that release is affected. */
    NOT_AFFECTED,
    /** It is affected, and the vendor does not plan to fix it. */
    WONT_FIX
  }
}
