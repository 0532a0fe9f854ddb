package dev.regild.machine;

/** An external program that could not be run to a good end; the message names it and says why. */
public final class ProgramException extends Exception {
  /** The status of a program that never ended by itself: missing, out of time, or killed by us. */
  public static final int NONE = -1;

  private final int exitStatus;

  ProgramException(String message) {
    this(message, NONE);
  }

  ProgramException(String message, int exitStatus) {
    super(message);
    this.exitStatus = exitStatus;
  }

  /** One that could not be started. */
  public ProgramException(String message, Throwable cause) {
    super(message, cause);
    this.exitStatus = NONE;
  }

  /**
   * Whether a program that never ended by itself is behind an error: then it says nothing about
   * what the program was to read.
   */
  public static boolean isUnfinished(Throwable error) {
    for (Throwable each = error; each != null; each = each.getCause()) {
      if (each instanceof ProgramException program && program.exitStatus == NONE) {
        return true;
      }
    }
    return false;
  }

  /** The program's exit status, or {@link #NONE}. */
  public int exitStatus() {
    return exitStatus;
  }
}
