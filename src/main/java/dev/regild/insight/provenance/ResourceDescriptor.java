package dev.regild.insight.provenance;

import dev.regild.files.Sha256;
import java.net.URI;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An artifact that a statement names: in-toto's ResourceDescriptor
 * (https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md).
 *
 * @param name within the statement
 * @param uri where it came from; empty if its name says enough
 * @param algorithm of the hash, as in-toto's DigestSet names it: {@code sha256}
 * @param hash of its content, lower-case hexadecimal
 * @param mediaType of its content; empty where the name says enough
 * @param content the artifact itself, where it is small and kept nowhere else
 * @param annotations what else is known of it
 */
public record ResourceDescriptor(
    String name,
    Optional<String> uri,
    String algorithm,
    String hash,
    Optional<String> mediaType,
    Optional<String> content,
    Map<String, String> annotations) {
  /** What is larger is named by its hash alone. */
  private static final int LARGEST_CONTENT = 256 << 10;

  public ResourceDescriptor {
    annotations = new LinkedHashMap<>(annotations);
  }

  /**
   * Names an artifact by a hash.
   *
   * @param hash SHA-256, SHA-384 or SHA-512, told by its length
   */
  public static ResourceDescriptor of(String name, String hash) {
    String algorithm =
        switch (hash.length()) {
          case 96 -> "sha384";
          case 128 -> "sha512";
          default -> "sha256";
        };
    return new ResourceDescriptor(
        name, Optional.empty(), algorithm, hash, Optional.empty(), Optional.empty(), Map.of());
  }

  /** Names a document of JSON, and has it with it unless it is large. */
  public static ResourceDescriptor ofJson(String name, byte[] json) {
    ResourceDescriptor named = of(name, Sha256.of(json)).withMediaType("application/json");
    return json.length > LARGEST_CONTENT
        ? named
        : new ResourceDescriptor(
            name,
            named.uri,
            named.algorithm,
            named.hash,
            named.mediaType,
            Optional.of(Base64.getEncoder().encodeToString(json)),
            Map.of());
  }

  public ResourceDescriptor withMediaType(String type) {
    return new ResourceDescriptor(
        name, uri, algorithm, hash, Optional.of(type), content, annotations);
  }

  /** Returns the same with where it came from, without a user's name, a password or a token. */
  public ResourceDescriptor from(URI place) {
    String host = place.getHost();
    if (host == null) {
      return this;
    }
    String port = place.getPort() < 0 ? "" : ":" + place.getPort();
    return at("%s://%s%s%s".formatted(place.getScheme(), host, port, place.getRawPath()));
  }

  public ResourceDescriptor at(String place) {
    return new ResourceDescriptor(
        name, Optional.of(place), algorithm, hash, mediaType, content, annotations);
  }

  /** Returns the same with one more annotation, unless it is empty. */
  public ResourceDescriptor with(String key, String value) {
    Map<String, String> more = new LinkedHashMap<>(annotations);
    if (!value.isEmpty()) {
      more.put(key, value);
    }
    return new ResourceDescriptor(name, uri, algorithm, hash, mediaType, content, more);
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    uri.ifPresent(text -> json.put("uri", text));
    json.put("digest", Map.of(algorithm, hash));
    mediaType.ifPresent(text -> json.put("mediaType", text));
    content.ifPresent(text -> json.put("content", text));
    if (!annotations.isEmpty()) {
      json.put("annotations", annotations);
    }
    return json;
  }
}
