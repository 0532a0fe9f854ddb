package dev.regild.update;

/**
 * One step of a job. Each is a class of its own, and takes what it works with by its constructor;
 * what it works on comes from the step before it.
 *
 * @param <I> what it works on
 * @param <O> what came of it
 */
interface Step<I, O> {
  /** What records and displays show: {@code Prepare}. */
  String name();

  /**
   * Does it.
   *
   * @throws Exception if that can't be done; the message says what and why
   */
  O run(I input, StepControl control) throws Exception;

  /** Says in a few words what came of it, for the record; may be empty. */
  default String outcome(O output) {
    return "";
  }

  /**
   * What the owner can do about a failure that doesn't say so itself; may be empty.
   *
   * @param reason why it failed, in the words of what failed
   */
  String remedy(I input, String reason);
}
