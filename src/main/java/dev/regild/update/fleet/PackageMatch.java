package dev.regild.update.fleet;

import dev.regild.feed.OpenCves;
import dev.regild.insight.fleet.IndexedPackage;
import java.util.Optional;

/**
 * An installed version of a package that a question is about.
 *
 * @param state by changelogs and advisories; empty if the question was for the package, or if none
 *     of them names the CVE
 * @param offered the version to which an update would bring it now; empty if there is none
 * @param fixedIn the version of the source with the fix, as the changelog spells it, or of the
 *     package that the advisory names
 * @param evidence the changelog's line, the advisory's id, or why nothing is known
 * @param vendor what a feed says of the CVE in it; empty if none says anything
 */
public record PackageMatch(
    IndexedPackage installed,
    Optional<State> state,
    Optional<String> offered,
    Optional<String> fixedIn,
    Optional<String> evidence,
    Optional<OpenCves.Found> vendor) {

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

  static PackageMatch of(IndexedPackage installed, Optional<String> offered) {
    return new PackageMatch(
        installed, Optional.empty(), offered, Optional.empty(), Optional.empty(), Optional.empty());
  }

  static PackageMatch of(
      IndexedPackage installed,
      State state,
      Optional<String> offered,
      String fixedIn,
      String evidence) {
    return new PackageMatch(
        installed,
        Optional.of(state),
        offered,
        Optional.of(fixedIn).filter(text -> !text.isEmpty()),
        Optional.of(evidence).filter(text -> !text.isEmpty()),
        Optional.empty());
  }

  /** Returns the same with what a feed says, or with nothing of it. */
  PackageMatch with(Optional<OpenCves.Found> said) {
    return new PackageMatch(installed, state, offered, fixedIn, evidence, said);
  }

  boolean isKnownByChangelogs() {
    return state.filter(it -> it != State.UNKNOWN).isPresent();
  }
}
