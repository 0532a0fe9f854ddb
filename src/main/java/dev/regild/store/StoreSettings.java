package dev.regild.store;

import java.net.URI;
import java.util.Optional;

/**
 * How to reach a store. The credentials come from the environment, or from the AWS SDK's chain.
 *
 * @param location of the objects
 * @param endpoint of the service; empty for AWS' own of that region
 * @param region that requests are signed for
 * @param pathStyle whether the bucket is named in the path, not in the host's name
 * @param encryption that the store is asked for; empty for what the bucket does by itself
 * @param limits of time
 */
public record StoreSettings(
    StoreLocation location,
    Optional<URI> endpoint,
    String region,
    boolean pathStyle,
    Optional<Encryption> encryption,
    StoreLimits limits) {

  /**
   * Encryption by the store.
   *
   * @param algorithm {@code AES256} or {@code aws:kms}
   * @param key of the key service, by its id or ARN; empty for the account's own
   */
  public record Encryption(String algorithm, Optional<String> key) {
    /** Reads {@code AES256}, {@code aws:kms} or {@code aws:kms:KEY}. */
    public static Optional<Encryption> parse(String text) {
      if (text.equals("AES256") || text.equals("aws:kms")) {
        return Optional.of(new Encryption(text, Optional.empty()));
      }
      return text.matches("aws:kms:[A-Za-z0-9:/_-]{1,2048}")
          ? Optional.of(new Encryption("aws:kms", Optional.of(text.substring("aws:kms:".length()))))
          : Optional.empty();
    }
  }
}
