package dev.regild.job;

/** Is told of each attempt of a job, and of its steps, in the thread that runs them. */
@FunctionalInterface
public interface JobObserver {
  /** Is told, and does nothing. */
  JobObserver NONE = (_, _) -> Part.UNOBSERVED;

  /**
   * An attempt begins.
   *
   * @param kind of the job: {@code update}
   * @return closed when the attempt has ended
   */
  Part begins(String kind, Attempt<?> attempt);

  /** An attempt or a step. It has succeeded unless something else is said before it is closed. */
  interface Part extends AutoCloseable {
    /** Nobody looks. */
    Part UNOBSERVED =
        new Part() {
          @Override
          public Part step(String name) {
            return this;
          }

          @Override
          public void outcome(String text) {}

          @Override
          public void failed(String reason) {}

          @Override
          public void stopped() {}

          @Override
          public void close() {}
        };

    /** A step of it begins. */
    Part step(String name);

    /** Says what came of it. */
    void outcome(String text);

    /** It has failed. */
    void failed(String reason);

    /** It has ended before its end: cancelled, or to be done again. */
    void stopped();

    @Override
    void close();
  }
}
