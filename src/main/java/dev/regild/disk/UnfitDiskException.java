package dev.regild.disk;

/** A disk that can't be made an image; the message names the cause and the remedy. */
public final class UnfitDiskException extends Exception {
  public UnfitDiskException(String message) {
    super(message);
  }

  public UnfitDiskException(String message, Throwable cause) {
    super(message, cause);
  }
}
