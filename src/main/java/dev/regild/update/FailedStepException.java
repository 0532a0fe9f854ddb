package dev.regild.update;

/** A step failed, and with it the update. */
final class FailedStepException extends Exception {
  private final Step step;
  private final int ordinal;

  FailedStepException(Step step, int ordinal, Exception cause) {
    super(step.title() + " failed: " + reasonOf(cause), cause);
    this.step = step;
    this.ordinal = ordinal;
  }

  Step step() {
    return step;
  }

  int ordinal() {
    return ordinal;
  }

  /** Why, in the words of what failed. */
  String reason() {
    return reasonOf(getCause());
  }

  private static String reasonOf(Throwable cause) {
    String message = cause.getMessage();
    return message == null || message.isBlank() ? cause.toString() : message.strip();
  }
}
