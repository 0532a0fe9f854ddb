package dev.regild.server.protection;

/**
 * What came of a look at a protection.
 *
 * @param what its name
 * @param detail how it was seen, or what is wrong and what to do about it
 */
public record Finding(String what, State state, String detail) {
  /** Whether it holds. */
  enum State {
    HOLDS("ok"),
    /** Regild works without it, and less stands between an attacker and the host. */
    MISSING("missing"),
    /** Regild reads no disk without it. */
    NEEDED("PROBLEM"),
    /** Somebody else can read or change what is Regild's. */
    OPEN("PROBLEM"),
    /** Nothing here needs it, or it can't be seen from here. */
    UNNEEDED("-");

    private final String word;

    State(String word) {
      this.word = word;
    }
  }

  static Finding holds(String what, String detail) {
    return new Finding(what, State.HOLDS, detail);
  }

  static Finding missing(String what, String detail) {
    return new Finding(what, State.MISSING, detail);
  }

  static Finding needed(String what, String detail) {
    return new Finding(what, State.NEEDED, detail);
  }

  static Finding open(String what, String detail) {
    return new Finding(what, State.OPEN, detail);
  }

  static Finding unneeded(String what, String detail) {
    return new Finding(what, State.UNNEEDED, detail);
  }

  public boolean isProblem() {
    return state == State.OPEN || state == State.NEEDED;
  }

  /** The state in a table's cell. */
  public String word() {
    return state.word;
  }
}
