package dev.regild.archive;

/** An archive, or a package in one, is damaged, hostile or of an unknown form. */
public class ArchiveException extends Exception {
  public ArchiveException(String message) {
    super(message);
  }

  public ArchiveException(String message, Throwable cause) {
    super(message, cause);
  }
}
