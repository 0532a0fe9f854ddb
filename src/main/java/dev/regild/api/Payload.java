package dev.regild.api;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/** How a request's body takes part in its signature. */
public sealed interface Payload {
  /** The header in which a client says what it signed as the body's hash. */
  String HASH_HEADER = "x-amz-content-sha256";

  /** The value of that header for a body that is not part of the signature. */
  String UNSIGNED = "UNSIGNED-PAYLOAD";

  /**
   * A body that was read before its request is judged.
   *
   * @param sha256 of the body, lower-case hexadecimal
   */
  record Whole(String sha256) implements Payload {}

  /**
   * A body that is yet to be read: what the header says is signed, and the reader compares it with
   * what came.
   */
  record Streamed() implements Payload {}

  /** A body that is held in memory. */
  static Payload of(byte[] body) {
    try {
      return new Whole(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** The SHA-256 that a client declared for its body, lower-case hexadecimal. */
  static Optional<String> declaredSha256(HttpCall call) {
    return call.header(HASH_HEADER).filter(hash -> hash.matches("[0-9a-f]{64}"));
  }
}
