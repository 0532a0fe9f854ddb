package dev.regild.api;

/** A request that is answered with an error; the message is written to the client as it is. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorType type;

  public ApiException(ErrorType type, String message) {
    super(message);
    this.type = type;
  }

  public ErrorType type() {
    return type;
  }

  /** The message; unlike other exceptions', it is never absent. */
  public String text() {
    return String.valueOf(getMessage());
  }
}
