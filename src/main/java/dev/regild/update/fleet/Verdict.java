package dev.regild.update.fleet;

import dev.regild.insight.fleet.IndexedPackage;
import java.util.Optional;

/**
 * What is known of an installed version of a package.
 *
 * @param state empty if the question was for the package
 * @param offered the version to which an update would bring it now; empty if there is none
 * @param fixedIn the version of the source with the fix, as the changelog spells it, or of the
 *     package that the advisory names
 * @param evidence the changelog's line, the advisory's id, or why nothing is known
 */
public record Verdict(
    IndexedPackage installed,
    Optional<State> state,
    Optional<String> offered,
    Optional<String> fixedIn,
    Optional<String> evidence) {

  /** How an installed package stands to a CVE or an advisory. */
  public enum State {
    /** It lacks the fix, and an update would install it. */
    FIXABLE,
    /** It has the fix. */
    FIXED,
    /** A changelog names the CVE without fixing it. */
    MENTIONED,
    /** No changelog was read that would say. */
    UNKNOWN
  }

  static Verdict of(IndexedPackage installed, Optional<String> offered) {
    return new Verdict(installed, Optional.empty(), offered, Optional.empty(), Optional.empty());
  }

  static Verdict of(
      IndexedPackage installed,
      State state,
      Optional<String> offered,
      String fixedIn,
      String evidence) {
    return new Verdict(
        installed,
        Optional.of(state),
        offered,
        Optional.of(fixedIn).filter(text -> !text.isEmpty()),
        Optional.of(evidence).filter(text -> !text.isEmpty()));
  }
}
