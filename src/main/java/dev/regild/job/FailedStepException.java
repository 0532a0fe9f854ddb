package dev.regild.job;

/** A step failed, and with it the job. */
public final class FailedStepException extends Exception {
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
  public static <I> FailedStepException of(Step<I, ?> step, int ordinal, I input, Throwable cause) {
    String message = cause.getMessage();
    String reason = message == null || message.isBlank() ? cause.toString() : message.strip();
    String remedy =
        cause instanceof StepException known && known.remedy().isPresent()
            ? known.remedy().get()
            : step.remedy(input, reason);
    return new FailedStepException(step.name(), ordinal, reason, remedy, cause);
  }

  /** The same failure, of which somebody else knows the reason. */
  public FailedStepException because(String known, String knownRemedy) {
    return new FailedStepException(step, ordinal, known, knownRemedy, this);
  }

  public String step() {
    return step;
  }

  int ordinal() {
    return ordinal;
  }

  /** Why, in the words of what failed. */
  public String reason() {
    return reason;
  }

  /** What the owner can do about it; empty if the reason says it. */
  public String remedy() {
    return remedy;
  }
}
