package dev.regild.feed;

/** A file is not a feed of its kind, or not all of one; the message says what is wrong with it. */
final class MalformedFeedException extends Exception {
  MalformedFeedException(String message) {
    super(message);
  }

  MalformedFeedException(String message, Throwable cause) {
    super(message, cause);
  }
}
