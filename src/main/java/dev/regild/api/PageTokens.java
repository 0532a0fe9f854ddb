package dev.regild.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes and reads {@code NextToken}: the key of the last item of a page, signed together with the
 * query that it belongs to. A token is of no use for another query or another caller.
 */
public final class PageTokens {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int SIGNATURE_BYTES = 32;

  private final SecretKeySpec secret;

  /**
   * With a secret that outlives the process, and so do the tokens.
   *
   * @param secret at least 16 random bytes
   */
  public PageTokens(byte[] secret) {
    if (secret.length < 16) {
      throw new IllegalArgumentException("the secret of page tokens is too short");
    }
    this.secret = new SecretKeySpec(secret, ALGORITHM);
  }

  /**
   * The token for the page that follows.
   *
   * @param query all that the answer depends on
   * @param lastKey the key of the last item
   */
  public String next(List<String> query, String lastKey) {
    byte[] key = lastKey.getBytes(UTF_8);
    byte[] signature = sign(query, key);
    byte[] token = Arrays.copyOf(signature, SIGNATURE_BYTES + key.length);
    System.arraycopy(key, 0, token, SIGNATURE_BYTES, key.length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }

  /**
   * The key that a token holds.
   *
   * @throws ApiException InvalidParameterCombinationException if it isn't one of this query
   */
  public String read(List<String> query, String token) {
    byte[] decoded = decode(token);
    if (decoded.length > SIGNATURE_BYTES) {
      byte[] key = Arrays.copyOfRange(decoded, SIGNATURE_BYTES, decoded.length);
      if (MessageDigest.isEqual(sign(query, key), Arrays.copyOf(decoded, SIGNATURE_BYTES))) {
        return new String(key, UTF_8);
      }
    }
    throw new ApiException(
        ErrorType.INVALID_PARAMETER_COMBINATION,
        "The NextToken does not belong to a query with these parameters. Leave it"
            + " out to start with the first page.");
  }

  private static byte[] decode(String token) {
    try {
      return Base64.getUrlDecoder().decode(token);
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private byte[] sign(List<String> query, byte[] key) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(secret);
      // Each part with its length: no two queries have one text.
      for (String part : query) {
        mac.update((part.length() + ":" + part).getBytes(UTF_8));
      }
      mac.update((byte) 0);
      return mac.doFinal(key);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
    }
  }
}
