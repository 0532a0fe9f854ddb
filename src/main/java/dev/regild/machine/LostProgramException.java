package dev.regild.machine;

/**
 * The agent was restarted while a program of the guest ran, and knows it no more: what came of the
 * program, and whether it still runs, is not known.
 */
public final class LostProgramException extends GuestAgentException {
  LostProgramException(String message) {
    super(message);
  }
}
