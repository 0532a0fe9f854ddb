package dev.regild.fetch;

/**
 * What an HTTP server gave to tell whether a document has changed since (RFC 9110, 8.8).
 *
 * @param etag empty if there was none
 * @param lastModified empty if there was none
 */
public record Validators(String etag, String lastModified) {
  public static final Validators NONE = new Validators("", "");
}
