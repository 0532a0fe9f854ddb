package dev.regild.store;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a store. The AWS SDK finds the credentials in its usual order.
 *
 * @param location the place of the objects
 * @param endpoint the address of the service; empty for AWS' own in the region
 * @param region the region that requests are signed for
 * @param pathStyle whether the bucket is in the path, not in the host name
 * @param encryption what the store is asked for; empty for the bucket's own default
 * @param upkeep when garbage is removed, and contents are read again
 * @param limits the time limits
 */
public record StoreSettings(
    StoreLocation location,
    Optional<URI> endpoint,
    String region,
    boolean pathStyle,
    Optional<Encryption> encryption,
    Upkeep upkeep,
    StoreLimits limits) {

  /** Returns what the store is asked to encrypt with; null for what the bucket does by itself. */
  @Nullable String algorithm() {
    return encryption.map(Encryption::algorithm).orElse(null);
  }

  @Nullable String encryptionKey() {
    return encryption.flatMap(Encryption::key).orElse(null);
  }

  /**
   * How a store is kept in order.
   *
   * @param grace how long an object stays after no layer needs it
   * @param scrub the period in which each object is read and its SHA-256 compared
   */
  public record Upkeep(Duration grace, Duration scrub) {
    public static final Upkeep DEFAULT = new Upkeep(Duration.ofHours(24), Duration.ofDays(30));
  }

  /**
   * Encryption by the store.
   *
   * @param algorithm {@code AES256} or {@code aws:kms}
   * @param key the id or ARN of a key in the key service; empty for the account's default key
   */
  public record Encryption(String algorithm, Optional<String> key) {
    /** Parses {@code AES256}, {@code aws:kms} or {@code aws:kms:KEY}. */
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
