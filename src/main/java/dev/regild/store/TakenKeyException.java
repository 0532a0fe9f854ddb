package dev.regild.store;

/** Another object has the key, and objects are never overwritten. */
public final class TakenKeyException extends StoreException {
  private static final long serialVersionUID = 1L;

  TakenKeyException(String message, Throwable cause) {
    super(message, cause);
  }
}
