package dev.regild.image;

/**
 * A request that is refused for a reason that its sender can do something about. Where it leaves a
 * transaction, nothing of the transaction stays.
 */
public final class RefusedException extends RuntimeException {
  /** Every reason there is; the protocol has one error for each. */
  public enum Reason {
    NOT_FOUND,
    ALREADY_EXISTS,
    NOT_PERMITTED,
    IN_USE,
    LIMIT_EXCEEDED,
    CONCURRENT_MODIFICATION,
    INCOMPATIBLE,
    ACCOUNT_SUSPENDED,
    NOT_AVAILABLE,
    INVALID_PARAMETER_COMBINATION,
    DRY_RUN
  }

  private final Reason reason;

  /**
   * @param message names the resource, the cause and the remedy; it is shown to the sender
   */
  public RefusedException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  /** The message; never null. */
  public String explanation() {
    return String.valueOf(getMessage());
  }
}
