package dev.regild.job;

import dev.regild.store.StoreException;

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
    return new FailedStepException(
        step.name(), ordinal, reason, remedy(step, input, reason, cause), cause);
  }

  private static <I> String remedy(Step<I, ?> step, I input, String reason, Throwable cause) {
    return switch (cause) {
      case StepException known when known.remedy().isPresent() -> known.remedy().get();
      // It says itself how to check the store; the step would blame the data directory.
      case StoreException _ -> "";
      default -> step.remedy(input, reason);
    };
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
