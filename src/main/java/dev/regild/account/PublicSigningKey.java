package dev.regild.account;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.regild.files.Sha256;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

/** An Ed25519 key that verifies what a server has signed. */
public final class PublicSigningKey {
  private static final String BEGIN = "-----BEGIN PUBLIC KEY-----\n";
  private static final String END = "-----END PUBLIC KEY-----\n";

  private final PublicKey key;

  PublicSigningKey(PublicKey key) {
    this.key = key;
  }

  /**
   * Reads a public key.
   *
   * @param der a SubjectPublicKeyInfo (RFC 8410)
   * @throws IllegalArgumentException if it is not an Ed25519 key
   */
  public static PublicSigningKey ofDer(byte[] der) {
    try {
      return new PublicSigningKey(
          KeyFactory.getInstance(SigningKey.ALGORITHM).generatePublic(new X509EncodedKeySpec(der)));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("It is not an Ed25519 public key.", e);
    }
  }

  /**
   * Reads a public key in PEM, as {@code openssl} writes it.
   *
   * @throws IllegalArgumentException if it is not one Ed25519 key
   */
  public static PublicSigningKey ofPem(String pem) {
    String text = pem.replace("\r", "").strip() + "\n";
    if (!text.startsWith(BEGIN) || !text.endsWith(END)) {
      throw new IllegalArgumentException("It has no line " + BEGIN.strip() + ".");
    }
    String base64 = text.substring(BEGIN.length(), text.length() - END.length());
    try {
      return ofDer(Base64.getMimeDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("It is not an Ed25519 public key.", e);
    }
  }

  /** Returns the SHA-256 of the key's SubjectPublicKeyInfo, in lower-case hexadecimal. */
  public String id() {
    return Sha256.of(der());
  }

  /** Returns the key in PEM. */
  public String pem() {
    String base64 = Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(der());
    return BEGIN + base64 + "\n" + END;
  }

  byte[] der() {
    return key.getEncoded();
  }

  /** Returns whether the key's owner signed the message. */
  public boolean verifies(byte[] message, byte[] signature) {
    try {
      Signature verifier = Signature.getInstance(SigningKey.ALGORITHM);
      verifier.initVerify(key);
      verifier.update(message);
      return verifier.verify(signature);
    } catch (SignatureException e) {
      // Its length or its encoding is wrong.
      return false;
    } catch (InvalidKeyException e) {
      throw new IllegalStateException("The signing key %s is unfit.".formatted(id()), e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java has no Ed25519.", e);
    }
  }
}
