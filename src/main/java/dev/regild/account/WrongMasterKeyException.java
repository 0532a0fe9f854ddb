package dev.regild.account;

/** The secrets in the database were encrypted with another master key, or were altered. */
final class WrongMasterKeyException extends RuntimeException {
  WrongMasterKeyException(String message, Throwable cause) {
    super(message, cause);
  }
}
