package dev.regild.machine;

/**
 * Something that libguestfs, or a program in its appliance, could not do; the message is its own.
 */
public final class GuestfsException extends Exception {
  public GuestfsException(String message) {
    super(message);
  }

  public GuestfsException(String message, Throwable cause) {
    super(message, cause);
  }
}
