package dev.regild.fetch;

/** The repository has no such file. */
public final class MissingFileException extends FetchException {
  MissingFileException(String message) {
    super(message);
  }
}
