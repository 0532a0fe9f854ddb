package dev.regild.update;

/** A step failed, and with it the job. */
final class FailedStepException extends Exception {
  private final String step;
  private final int ordinal;
  private final String reason;
  private final String remedy;

  private FailedStepException(
      String step, int ordinal, String reason, String remedy, Throwable cause) {
    super(step + " failed: " + reason, cause);
    this.step = step;
    this.ordinal = ordinal;
    this.reason = reason;
    this.remedy = remedy;
  }

  /**
   * With the remedy that the cause knows, or else the step.
   *
   * @param ordinal the step's place in the attempt
   */
  static <I> FailedStepException of(Step<I, ?> step, int ordinal, I input, Throwable cause) {
    String message = cause.getMessage();
    String reason = message == null || message.isBlank() ? cause.toString() : message.strip();
    String remedy =
        cause instanceof StepException known && known.remedy().isPresent()
            ? known.remedy().get()
            : step.remedy(input, reason);
    return new FailedStepException(step.name(), ordinal, reason, remedy, cause);
  }

  String step() {
    return step;
  }

  int ordinal() {
    return ordinal;
  }

  /** Why, in the words of what failed. */
  String reason() {
    return reason;
  }

  /** What the owner can do about it; empty if the reason says it. */
  String remedy() {
    return remedy;
  }
}
