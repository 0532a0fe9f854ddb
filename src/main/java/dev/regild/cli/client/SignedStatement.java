package dev.regild.cli.client;

import dev.regild.account.PublicSigningKey;
import dev.regild.insight.provenance.Envelope;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** An image's signed statement as a server answers with it, and the keys that the server names. */
public final class SignedStatement {
  /** A plan of thousands of changes takes less. */
  private static final int LARGEST = 64 << 20;

  private final byte[] json;
  private final Envelope envelope;

  private SignedStatement(byte[] json, Envelope envelope) {
    this.json = json;
    this.envelope = envelope;
  }

  /** Gets the newest statement of an image. */
  public static SignedStatement of(ApiClient client, String image)
      throws ServerRefusalException, IOException, InterruptedException {
    String path = "/regild/v1/images/%s/provenance".formatted(ApiClient.image(image));
    try (InputStream content = client.open(path).body()) {
      byte[] json = content.readNBytes(LARGEST + 1);
      if (json.length > LARGEST) {
        throw new IOException(
            "The statement of %s is larger than %d MiB.".formatted(image, LARGEST >> 20));
      }
      return new SignedStatement(json, Envelope.parse(json));
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "The statement of %s can't be read. %s".formatted(image, e.getMessage()), e);
    }
  }

  /** Returns the envelope byte by byte as the server has it. */
  public byte[] json() {
    return json.clone();
  }

  public Envelope envelope() {
    return envelope;
  }

  /** Returns the key, of those that the server has, which the envelope says has signed it. */
  public Optional<PublicSigningKey> serversKey(ApiClient client)
      throws ServerRefusalException, IOException, InterruptedException {
    Map<String, PublicSigningKey> keys = new LinkedHashMap<>();
    for (JsonNode each : client.get("/regild/v1/keys/signing").path("keys")) {
      PublicSigningKey key = key(each);
      keys.put(key.id(), key);
    }
    return envelope.keyIds().stream()
        .flatMap(id -> Optional.ofNullable(keys.get(id)).stream())
        .findFirst();
  }

  private static PublicSigningKey key(JsonNode each) throws IOException {
    try {
      return PublicSigningKey.ofPem(each.path("pem").asString(""));
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "The server's key %s can't be read. %s"
              .formatted(each.path("id").asString(""), e.getMessage()),
          e);
    }
  }
}
