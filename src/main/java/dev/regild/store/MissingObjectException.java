package dev.regild.store;

/** The store has no such object. */
public final class MissingObjectException extends StoreException {
  private static final long serialVersionUID = 1L;

  MissingObjectException(String message, Throwable cause) {
    super(message, cause);
  }
}
