package dev.regild.servicing;

import java.io.IOException;

/** Something could not be done in a guest; the message says what, and what the guest said. */
public class GuestException extends IOException {
  public GuestException(String message) {
    super(message);
  }

  public GuestException(String message, Throwable cause) {
    super(message, cause);
  }
}
