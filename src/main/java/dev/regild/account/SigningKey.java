package dev.regild.account;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;

/** An Ed25519 key (RFC 8032) that signs statements. */
public final class SigningKey {
  static final String ALGORITHM = "Ed25519";

  private final PublicSigningKey publicKey;
  private final PrivateKey privateKey;

  private SigningKey(PublicSigningKey publicKey, PrivateKey privateKey) {
    this.publicKey = publicKey;
    this.privateKey = privateKey;
  }

  static SigningKey generate() {
    try {
      KeyPair pair = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
      return new SigningKey(new PublicSigningKey(pair.getPublic()), pair.getPrivate());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java has no Ed25519.", e);
    }
  }

  /**
   * Puts a stored key together.
   *
   * @param secret the private key as PKCS #8, in Base64
   */
  public static SigningKey of(PublicSigningKey publicKey, String secret) {
    try {
      byte[] pkcs8 = Base64.getDecoder().decode(secret);
      return new SigningKey(
          publicKey,
          KeyFactory.getInstance(ALGORITHM).generatePrivate(new PKCS8EncodedKeySpec(pkcs8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java has no Ed25519.", e);
    }
  }

  /** Returns the key that verifies what this one signs. */
  public PublicSigningKey publicKey() {
    return publicKey;
  }

  /** Returns the signature of a message, 64 bytes. */
  public byte[] sign(byte[] message) {
    try {
      Signature signer = Signature.getInstance(ALGORITHM);
      signer.initSign(privateKey);
      signer.update(message);
      return signer.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java has no Ed25519.", e);
    }
  }

  String secret() {
    return Base64.getEncoder().encodeToString(privateKey.getEncoded());
  }

  @Override
  public String toString() {
    return "SigningKey[" + publicKey.id() + "]";
  }
}
