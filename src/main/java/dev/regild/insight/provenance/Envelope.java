package dev.regild.insight.provenance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.account.PublicSigningKey;
import dev.regild.account.SigningKey;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A signed statement: a DSSE envelope, version 1.0.0
 * (https://github.com/secure-systems-lab/dsse/blob/master/envelope.md), in JSON.
 */
public final class Envelope {
  /** Of in-toto statements, whatever their predicate. */
  public static final String PAYLOAD_TYPE = "application/vnd.in-toto+json";

  /** Of an envelope around a statement with SLSA's provenance, as in-toto names it. */
  public static final String MEDIA_TYPE = "application/vnd.in-toto.provenance+dsse";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final String payloadType;
  private final byte[] payload;
  private final List<Signature> signatures;

  private Envelope(String payloadType, byte[] payload, List<Signature> signatures) {
    this.payloadType = payloadType;
    this.payload = payload;
    this.signatures = signatures;
  }

  /** A signature; the id of the key is a hint that nobody has signed. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Signature(String keyId, byte[] bytes) {}

  /** Signs a statement. */
  public static Envelope sign(byte[] statement, SigningKey key) {
    byte[] signature = key.sign(preAuthenticationEncoding(PAYLOAD_TYPE, statement));
    return new Envelope(
        PAYLOAD_TYPE, statement, List.of(new Signature(key.publicKey().id(), signature)));
  }

  /**
   * Reads an envelope, and verifies nothing of it. Base64 may be of either alphabet.
   *
   * @throws IllegalArgumentException if it is not one
   */
  public static Envelope parse(byte[] json) {
    try {
      JsonNode root = JSON.readTree(json);
      List<Signature> signatures = new ArrayList<>();
      for (JsonNode each : root.path("signatures")) {
        signatures.add(new Signature(each.path("keyid").asString(""), base64(each, "sig")));
      }
      return new Envelope(text(root, "payloadType"), base64(root, "payload"), signatures);
    } catch (JacksonException e) {
      throw new IllegalArgumentException("The envelope is not JSON.", e);
    }
  }

  private static String text(JsonNode node, String member) {
    if (!node.path(member).isString()) {
      throw new IllegalArgumentException("The envelope has no %s.".formatted(member));
    }
    return node.path(member).asString("");
  }

  private static byte[] base64(JsonNode node, String member) {
    String text = text(node, member).replace('-', '+').replace('_', '/');
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "The %s of the envelope is not Base64.".formatted(member), e);
    }
  }

  /** Returns the envelope on one line. */
  public byte[] json() {
    Map<String, Object> envelope = new LinkedHashMap<>();
    envelope.put("payloadType", payloadType);
    envelope.put("payload", Base64.getEncoder().encodeToString(payload));
    envelope.put(
        "signatures",
        signatures.stream()
            .map(each -> {
              Map<String, String> signature = new LinkedHashMap<>();
              signature.put("keyid", each.keyId());
              signature.put("sig", Base64.getEncoder().encodeToString(each.bytes()));
              return signature;
            })
            .toList());
    return JSON.writeValueAsBytes(envelope);
  }

  /** Returns the ids of the keys that are said to have signed it: a hint which key to verify by. */
  public List<String> keyIds() {
    return signatures.stream().map(Signature::keyId).toList();
  }

  /** Returns whether the key's owner signed this statement, and as an in-toto statement. */
  public boolean isSignedBy(PublicSigningKey key) {
    byte[] message = preAuthenticationEncoding(payloadType, payload);
    return payloadType.equals(PAYLOAD_TYPE)
        && signatures.stream().anyMatch(each -> key.verifies(message, each.bytes()));
  }

  /** Returns the statement: JSON of whoever signed it. */
  public byte[] payload() {
    return payload.clone();
  }

  /** DSSE's PAE, which is what is signed. */
  static byte[] preAuthenticationEncoding(String type, byte[] body) {
    byte[] typeBytes = type.getBytes(UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream(body.length + typeBytes.length + 32);
    out.writeBytes("DSSEv1 %d ".formatted(typeBytes.length).getBytes(UTF_8));
    out.writeBytes(typeBytes);
    out.writeBytes(" %d ".formatted(body.length).getBytes(UTF_8));
    out.writeBytes(body);
    return out.toByteArray();
  }
}
