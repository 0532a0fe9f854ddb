package dev.regild.fetch;

/** What came is not what a signed index promised: damage, an attack, or a mirror being updated. */
public final class HashMismatchException extends FetchException {
  public HashMismatchException(String message) {
    super(message);
  }
}
