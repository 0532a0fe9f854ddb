package dev.regild.console;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Proves that a form comes from one of our pages: each has a code that only this server can make
 * from the session's id or, before the login, from the visitor's cookie.
 */
public final class Csrf {
  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec secret;

  /**
   * @param secret outlives the process, so that a form survives a restart of the server
   */
  public Csrf(byte[] secret) {
    this.secret = new SecretKeySpec(secret, ALGORITHM);
  }

  /** The code of the forms of one session or visitor. */
  String code(String whose) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(secret);
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(mac.doFinal(whose.getBytes(US_ASCII)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, e);
    }
  }

  boolean accepts(String whose, String code) {
    return MessageDigest.isEqual(code(whose).getBytes(US_ASCII), code.getBytes(US_ASCII));
  }
}
