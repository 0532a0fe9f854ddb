package dev.regild.server.config;

import static dev.regild.server.config.ConfigKeys.STORE;
import static dev.regild.server.config.ConfigKeys.STORE_ENDPOINT;
import static dev.regild.server.config.ConfigKeys.STORE_GRACE;
import static dev.regild.server.config.ConfigKeys.STORE_LEAST_RATE;
import static dev.regild.server.config.ConfigKeys.STORE_PATH_STYLE;
import static dev.regild.server.config.ConfigKeys.STORE_PATIENCE;
import static dev.regild.server.config.ConfigKeys.STORE_REGION;
import static dev.regild.server.config.ConfigKeys.STORE_SCRUB;
import static dev.regild.server.config.ConfigKeys.STORE_SILENCE;
import static dev.regild.server.config.ConfigKeys.STORE_SSE;
import static dev.regild.server.config.ConfigKeys.wrong;

import dev.regild.api.SigV4;
import dev.regild.store.StoreLimits;
import dev.regild.store.StoreLocation;
import dev.regild.store.StoreSettings;
import dev.regild.store.StoreSettings.Encryption;
import dev.regild.store.StoreSettings.Upkeep;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Reads the keys of a store. */
final class StoreKeys {
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofHours(1);

  private final Map<String, String> values;

  private StoreKeys(Map<String, String> values) {
    this.values = values;
  }

  /**
   * Returns the store's settings; empty without a store, when none of its other keys may be set.
   */
  static Optional<StoreSettings> settings(Map<String, String> values) throws ConfigException {
    if (values.containsKey(STORE)) {
      return Optional.of(new StoreKeys(values).settings());
    }
    for (String key : new TreeSet<>(values.keySet())) {
      if (key.startsWith(STORE + ".")) {
        throw new ConfigException(
            "%s is set, but store is not. Set store to s3://BUCKET/PREFIX, or remove %s."
                .formatted(key, key));
      }
    }
    return Optional.empty();
  }

  private StoreSettings settings() throws ConfigException {
    Optional<URI> endpoint = endpoint();
    return new StoreSettings(
        location(),
        endpoint,
        region(),
        // AWS wants the bucket in the host name, which few other stores support.
        pathStyle(endpoint.isPresent()),
        encryption(),
        new Upkeep(
            duration(
                STORE_GRACE, Upkeep.DEFAULT.grace(), Duration.ofHours(1), Duration.ofDays(365)),
            duration(
                STORE_SCRUB, Upkeep.DEFAULT.scrub(), Duration.ofHours(1), Duration.ofDays(3650))),
        new StoreLimits(
            duration(STORE_PATIENCE, StoreLimits.DEFAULT.patience(), SHORTEST, LONGEST),
            duration(STORE_SILENCE, StoreLimits.DEFAULT.silence(), SHORTEST, LONGEST),
            leastRate()));
  }

  private StoreLocation location() throws ConfigException {
    String text = values.getOrDefault(STORE, "");
    return StoreLocation.parse(text)
        // Who writes keys into it finds them in the log otherwise.
        .orElseThrow(() ->
            wrong(
                STORE,
                text.replaceFirst("//.*@", "//…@"),
                "a bucket and a prefix, such as s3://images/regild"));
  }

  private Optional<URI> endpoint() throws ConfigException {
    String text = values.get(STORE_ENDPOINT);
    if (text == null) {
      return Optional.empty();
    }
    try {
      URI uri = URI.create(text);
      boolean bare = uri.getRawQuery() == null && uri.getRawFragment() == null;
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (http && bare && uri.getHost() != null && uri.getRawUserInfo() == null) {
        return Optional.of(uri);
      }
    } catch (IllegalArgumentException e) {
      // The same remedy as for another scheme.
    }
    // Without the value, which may contain a password.
    throw new ConfigException(
        STORE_ENDPOINT + " must be an address such as https://s3.example.com:9000");
  }

  private String region() throws ConfigException {
    String text = values.getOrDefault(STORE_REGION, "us-east-1");
    if (!SigV4.isRegion(text)) {
      throw wrong(STORE_REGION, text, "the name of a region, such as us-east-1");
    }
    return text;
  }

  private boolean pathStyle(boolean byDefault) throws ConfigException {
    String text = values.getOrDefault(STORE_PATH_STYLE, String.valueOf(byDefault));
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw wrong(STORE_PATH_STYLE, text, "true or false");
    };
  }

  private Optional<Encryption> encryption() throws ConfigException {
    String text = values.getOrDefault(STORE_SSE, "none");
    Optional<Encryption> encryption = Encryption.parse(text);
    if (encryption.isEmpty() && !text.equals("none")) {
      throw wrong(STORE_SSE, text, "none, AES256, aws:kms or aws:kms:KEY");
    }
    return encryption;
  }

  private Duration duration(String key, Duration byDefault, Duration least, Duration most)
      throws ConfigException {
    String text = values.getOrDefault(key, byDefault.toString());
    return ConfigKeys.duration(text)
        .filter(it -> it.compareTo(least) >= 0 && it.compareTo(most) <= 0)
        .orElseThrow(() ->
            wrong(
                key,
                text,
                "a duration such as 30s, 3m, 12h or 30d, from %d s to %d s"
                    .formatted(least.toSeconds(), most.toSeconds())));
  }

  private long leastRate() throws ConfigException {
    String text =
        values.getOrDefault(STORE_LEAST_RATE, String.valueOf(StoreLimits.DEFAULT.leastRate()));
    return ByteSize.parse(text)
        .filter(size -> size.bytes() >= 1 && size.bytes() <= 1L << 30)
        .orElseThrow(
            () -> wrong(STORE_LEAST_RATE, text, "a size per second from 1B to 1GiB, such as 64KiB"))
        .bytes();
  }
}
