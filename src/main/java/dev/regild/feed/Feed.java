package dev.regild.feed;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import dev.regild.fetch.Route;
import dev.regild.files.Sha256;
import java.net.URI;
import java.time.Duration;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/**
 * Where a feed comes from, and how it is verified.
 *
 * @param name 1 to 63 lower-case letters, digits and hyphens
 * @param kind its form
 * @param uri of its file: https, http or file
 * @param sha256 of the only content that is taken; empty for any
 * @param signedBy the absolute path of the keyring with the key that signed it; empty if it is not
 *     signed
 * @param signature the URI of the detached OpenPGP signature; empty for the feed's own with {@code
 *     .asc}
 * @param route how its server is reached
 * @param refreshInterval how old the last check may grow before the next is due
 */
public record Feed(
    String name,
    FeedKind kind,
    String uri,
    String sha256,
    String signedBy,
    String signature,
    Route route,
    Duration refreshInterval) {
  public static final Duration DEFAULT_REFRESH_INTERVAL = Duration.ofHours(6);

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .changeDefaultVisibility(v -> v.withIsGetterVisibility(Visibility.NONE))
          .build();

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");
  private static final Duration SHORTEST_INTERVAL = Duration.ofMinutes(5);

  /**
   * @throws IllegalArgumentException if a value can't be used; the message names it and the remedy
   */
  public Feed {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "The feed's name '%s' is not valid. Use 1 to 63 lower-case letters, digits and hyphens, the first no hyphen."
              .formatted(name));
    }
    String scheme = scheme(uri);
    if (!sha256.isEmpty() && !Sha256.isHex(sha256)) {
      throw new IllegalArgumentException(
          "The SHA-256 '%s' is not 64 hexadecimal digits in lower case.".formatted(sha256));
    }
    if (!signedBy.isEmpty() && !signedBy.startsWith("/")) {
      throw new IllegalArgumentException(
          "The keyring '%s' has no absolute path. Write its whole path.".formatted(signedBy));
    }
    if (!signature.isEmpty()) {
      if (signedBy.isEmpty()) {
        throw new IllegalArgumentException(
            "There is a signature, but no keyring. Name the keyring with the signer's key.");
      }
      var _ = scheme(signature);
    }
    if (scheme.equals("http") && sha256.isEmpty() && signedBy.isEmpty()) {
      throw new IllegalArgumentException(
          "Anybody on the way can change %s. Use https, or name the SHA-256 or the keyring that verifies it."
              .formatted(uri));
    }
    if (refreshInterval.compareTo(SHORTEST_INTERVAL) < 0) {
      throw new IllegalArgumentException(
          "The interval of a feed must be at least five minutes, for example 6h.");
    }
  }

  private static String scheme(String uri) {
    try {
      URI parsed = URI.create(uri);
      String scheme = String.valueOf(parsed.getScheme());
      boolean file = scheme.equals("file") && parsed.getPath() != null;
      boolean http =
          (scheme.equals("https") || scheme.equals("http"))
              && parsed.getHost() != null
              && parsed.getUserInfo() == null;
      if (file || http) {
        return scheme;
      }
    } catch (IllegalArgumentException e) {
      // The same remedy as for another scheme.
    }
    throw new IllegalArgumentException(
        "The address '%s' can't be used. Write a URL with https, http or file, without a user."
            .formatted(uri));
  }

  /** Returns it as the database has it. */
  String json() {
    return JSON.writeValueAsString(this);
  }

  static Feed ofJson(String json) {
    return JSON.readValue(json, Feed.class);
  }

  /** Returns where the signature is. */
  public URI signatureUri() {
    return URI.create(signature.isEmpty() ? uri + ".asc" : signature);
  }

  /** Says what a good file proves, in a few words. */
  String verification() {
    if (!sha256.isEmpty()) {
      return "SHA-256";
    }
    if (!signedBy.isEmpty()) {
      return "OpenPGP signature";
    }
    return uri.startsWith("https:") ? "TLS" : "local file";
  }
}
