package dev.regild.console.view;

/**
 * An access key that was just made. Its secret is shown only once.
 *
 * @param file for the AWS command line and the SDKs
 */
public record NewKeyPage(
    String account, String accountId, String id, String secret, boolean readOnly, String file) {
  @Override
  public String toString() {
    return "NewKeyPage[id=%s, secret=***]".formatted(id);
  }
}
