package dev.regild.policy;

/** A rule, a name or a time that can't be as it was given. */
public final class InvalidPolicyException extends RuntimeException {
  /**
   * @param message says what is wrong with which value, and what to do; it is shown to the sender
   */
  public InvalidPolicyException(String message) {
    super(message);
  }

  /** The message; never null. */
  public String explanation() {
    return String.valueOf(getMessage());
  }
}
