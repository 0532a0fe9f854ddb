package dev.regild.servicing;

/** Something could not be done in a guest; the message says what, and what the guest said. */
public class GuestException extends Exception {
  public GuestException(String message) {
    super(message);
  }

  public GuestException(String message, Throwable cause) {
    super(message, cause);
  }
}
