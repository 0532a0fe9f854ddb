package dev.regild.fetch;

/**
 * A document or a package can't be fetched, or is not what it has to be; the message names the
 * cause and a remedy.
 */
public class FetchException extends Exception {
  public FetchException(String message) {
    super(message);
  }

  public FetchException(String message, Throwable cause) {
    super(message, cause);
  }
}
