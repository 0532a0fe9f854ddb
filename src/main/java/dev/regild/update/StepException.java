package dev.regild.update;

/** A step found that what it was to do can't be done; the message says what and why. */
final class StepException extends Exception {
  StepException(String message) {
    super(message);
  }
}
