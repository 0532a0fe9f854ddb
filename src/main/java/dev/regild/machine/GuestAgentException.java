package dev.regild.machine;

/** A guest's agent that did not do what it was asked for; the message says what, and why. */
public class GuestAgentException extends Exception {
  GuestAgentException(String message) {
    super(message);
  }

  GuestAgentException(String message, Throwable cause) {
    super(message, cause);
  }
}
