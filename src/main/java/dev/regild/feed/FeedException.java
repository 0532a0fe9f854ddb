package dev.regild.feed;

/** A feed can't be used; the message says which, why, and what to do. */
public final class FeedException extends Exception {
  public FeedException(String message) {
    super(message);
  }

  FeedException(String message, Throwable cause) {
    super(message, cause);
  }
}
