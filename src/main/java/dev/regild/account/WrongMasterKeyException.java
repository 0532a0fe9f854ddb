package dev.regild.account;

/** The secrets in the database were encrypted with another master key, or were altered. */
public final class WrongMasterKeyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  WrongMasterKeyException(String message, Throwable cause) {
    super(message, cause);
  }
}
