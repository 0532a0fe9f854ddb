package dev.regild.job;

import java.util.Optional;

/** A step found that what it was to do can't be done; the message says what and why. */
public final class StepException extends Exception {
  private final Optional<String> remedy;

  public StepException(String message) {
    super(message);
    this.remedy = Optional.empty();
  }

  /**
   * @param remedy what its owner can do about it
   */
  public StepException(String message, String remedy) {
    super(message);
    this.remedy = Optional.of(remedy);
  }

  /** What its owner can do about it; empty if the step knows better. */
  public Optional<String> remedy() {
    return remedy;
  }
}
