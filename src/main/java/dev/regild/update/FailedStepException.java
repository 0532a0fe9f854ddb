package dev.regild.update;

/** A step failed, and with it the update. */
final class FailedStepException extends Exception {
  private final Step step;
  private final String reason;

  FailedStepException(Step step, Throwable cause) {
    super(step.title() + " failed: " + reasonOf(cause), cause);
    this.step = step;
    this.reason = reasonOf(cause);
  }

  Step step() {
    return step;
  }

  /** Why, in the words of what failed. */
  String reason() {
    return reason;
  }

  private static String reasonOf(Throwable cause) {
    String message = cause.getMessage();
    return message == null || message.isBlank() ? cause.toString() : message.strip();
  }
}
