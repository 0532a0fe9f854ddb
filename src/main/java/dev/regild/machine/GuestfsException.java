package dev.regild.machine;

/**
 * Something that libguestfs, or a program in its appliance, could not do; the message is its own.
 */
public final class GuestfsException extends Exception {
  GuestfsException(String message) {
    super(message);
  }

  GuestfsException(String message, Throwable cause) {
    super(message, cause);
  }
}
