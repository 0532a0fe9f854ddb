package dev.regild.store;

/** An object differs from what was written. */
public final class ChangedObjectException extends StoreException {
  private static final long serialVersionUID = 1L;

  public ChangedObjectException(String message) {
    super(message);
  }
}
