package dev.regild.console;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.regild.files.KeyedHash;
import java.security.MessageDigest;

/**
 * Proves that a form comes from one of our pages: each has a code that only this server can make
 * from the session's id or, before the login, from the visitor's cookie.
 */
public final class Csrf {
  private final KeyedHash hash;

  /**
   * @param secret outlives the process, so that a form survives a restart of the server
   */
  public Csrf(byte[] secret) {
    this.hash = new KeyedHash(secret);
  }

  /** The code of the forms of one session or visitor. */
  String code(String whose) {
    return hash.of(whose);
  }

  boolean accepts(String whose, String code) {
    return MessageDigest.isEqual(code(whose).getBytes(US_ASCII), code.getBytes(US_ASCII));
  }
}
