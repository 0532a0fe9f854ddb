package dev.regild.api;

import dev.regild.files.Sha256;
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
    return new Whole(Sha256.of(body));
  }

  /** The SHA-256 that a client declared for its body, lower-case hexadecimal. */
  static Optional<String> declaredSha256(HttpCall call) {
    return call.header(HASH_HEADER).filter(hash -> hash.matches("[0-9a-f]{64}"));
  }
}
