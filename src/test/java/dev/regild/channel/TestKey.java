package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.bcpg.ArmoredOutputStream;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.bouncycastle.bcpg.PublicKeyAlgorithmTags;
import org.bouncycastle.bcpg.PublicKeyPacket;
import org.bouncycastle.bcpg.sig.KeyFlags;
import org.bouncycastle.crypto.generators.Ed25519KeyPairGenerator;
import org.bouncycastle.crypto.params.Ed25519KeyGenerationParameters;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPKeyPair;
import org.bouncycastle.openpgp.PGPKeyRingGenerator;
import org.bouncycastle.openpgp.PGPPublicKey;
import org.bouncycastle.openpgp.PGPPublicKeyRing;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureGenerator;
import org.bouncycastle.openpgp.PGPSignatureSubpacketGenerator;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentSignerBuilder;
import org.bouncycastle.openpgp.operator.bc.BcPGPDigestCalculatorProvider;
import org.bouncycastle.openpgp.operator.bc.BcPGPKeyPair;

/** A key that signs test repositories; its primary key signs, or a subkey does. */
public final class TestKey {
  public static final Instant CREATED = Instant.parse("2026-01-01T00:00:00Z");

  private final PGPKeyPair primary;
  private final PGPKeyPair signer;
  private final PGPPublicKeyRing ring;

  private TestKey(PGPKeyPair primary, PGPKeyPair signer, PGPPublicKeyRing ring) {
    this.primary = primary;
    this.signer = signer;
    this.ring = ring;
  }

  public static TestKey simple() throws PGPException {
    PGPKeyPair primary = pair();
    return new TestKey(primary, primary, generator(primary, 0).generatePublicKeyRing());
  }

  /** As keys of before 2014: what binds it together is by SHA-1, what it signs is not. */
  public static TestKey boundBySha1() throws PGPException {
    PGPKeyPair primary = pair();
    return new TestKey(
        primary, primary, generator(primary, 0, HashAlgorithmTags.SHA1).generatePublicKeyRing());
  }

  static TestKey expiringAfterSeconds(long seconds) throws PGPException {
    PGPKeyPair primary = pair();
    return new TestKey(primary, primary, generator(primary, seconds).generatePublicKeyRing());
  }

  static TestKey withSigningSubkey() throws PGPException, IOException {
    PGPKeyPair primary = pair();
    PGPKeyPair subkey = pair();
    PGPKeyRingGenerator generator = generator(primary, 0);
    PGPSignatureSubpacketGenerator flags = new PGPSignatureSubpacketGenerator();
    flags.setKeyFlags(false, KeyFlags.SIGN_DATA);
    flags.setSignatureCreationTime(false, Date.from(CREATED));
    flags.addEmbeddedSignature(false, bindingTo(primary, subkey));
    generator.addSubKey(subkey, flags.generate(), null);
    return new TestKey(primary, subkey, generator.generatePublicKeyRing());
  }

  /** The subkey's consent to sign for the primary key. */
  private static PGPSignature bindingTo(PGPKeyPair primary, PGPKeyPair subkey) throws PGPException {
    PGPSignatureGenerator generator =
        new PGPSignatureGenerator(
            signerBuilder(subkey, HashAlgorithmTags.SHA512), subkey.getPublicKey());
    generator.init(PGPSignature.PRIMARYKEY_BINDING, subkey.getPrivateKey());
    PGPSignatureSubpacketGenerator subpackets = new PGPSignatureSubpacketGenerator();
    subpackets.setSignatureCreationTime(false, Date.from(CREATED));
    subpackets.setIssuerFingerprint(false, subkey.getPublicKey());
    generator.setHashedSubpackets(subpackets.generate());
    return generator.generateCertification(primary.getPublicKey(), subkey.getPublicKey());
  }

  TestKey revoked() throws PGPException {
    PGPSignatureGenerator generator =
        new PGPSignatureGenerator(
            signerBuilder(primary, HashAlgorithmTags.SHA512), primary.getPublicKey());
    generator.init(PGPSignature.KEY_REVOCATION, primary.getPrivateKey());
    PGPPublicKey key = ring.getPublicKey();
    PGPPublicKey revoked = PGPPublicKey.addCertification(key, generator.generateCertification(key));
    return new TestKey(primary, signer, PGPPublicKeyRing.insertPublicKey(ring, revoked));
  }

  public String armored() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ArmoredOutputStream out = ArmoredOutputStream.builder().build(bytes)) {
      ring.encode(out);
    }
    return bytes.toString(UTF_8);
  }

  byte[] binary() throws IOException {
    return ring.getEncoded();
  }

  public String clearSigned(String text) throws IOException, PGPException {
    return clearSigned(text, HashAlgorithmTags.SHA512);
  }

  public String clearSigned(String text, int hash) throws IOException, PGPException {
    String body = text.stripTrailing();
    byte[] signature =
        sign(
            PGPSignature.CANONICAL_TEXT_DOCUMENT,
            hash,
            body.replaceAll("(?m)[ \t]+$", "").replace("\n", "\r\n").getBytes(UTF_8));
    String escaped = body.replaceAll("(?m)^-", "- -");
    return "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
        + escaped
        + "\n"
        + new String(signature, UTF_8);
  }

  public byte[] detached(byte[] content) throws IOException, PGPException {
    return sign(PGPSignature.BINARY_DOCUMENT, HashAlgorithmTags.SHA512, content);
  }

  private byte[] sign(int type, int hash, byte[] content) throws IOException, PGPException {
    PGPSignatureGenerator generator =
        new PGPSignatureGenerator(signerBuilder(signer, hash), signer.getPublicKey());
    generator.init(type, signer.getPrivateKey());
    PGPSignatureSubpacketGenerator subpackets = new PGPSignatureSubpacketGenerator();
    subpackets.setIssuerFingerprint(false, signer.getPublicKey());
    subpackets.setSignatureCreationTime(false, Date.from(CREATED.plusSeconds(3600)));
    generator.setHashedSubpackets(subpackets.generate());
    generator.update(content);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ArmoredOutputStream out = ArmoredOutputStream.builder().build(bytes)) {
      generator.generate().encode(out);
    }
    return bytes.toByteArray();
  }

  private static PGPKeyRingGenerator generator(PGPKeyPair primary, long seconds)
      throws PGPException {
    return generator(primary, seconds, HashAlgorithmTags.SHA512);
  }

  private static PGPKeyRingGenerator generator(PGPKeyPair primary, long seconds, int hash)
      throws PGPException {
    PGPSignatureSubpacketGenerator flags = new PGPSignatureSubpacketGenerator();
    flags.setKeyFlags(false, KeyFlags.CERTIFY_OTHER | KeyFlags.SIGN_DATA);
    flags.setSignatureCreationTime(false, Date.from(CREATED));
    if (seconds > 0) {
      flags.setKeyExpirationTime(false, seconds);
    }
    return new PGPKeyRingGenerator(
        PGPSignature.POSITIVE_CERTIFICATION,
        primary,
        "Test Repository <test@example.org>",
        new BcPGPDigestCalculatorProvider().get(HashAlgorithmTags.SHA1),
        flags.generate(),
        null,
        signerBuilder(primary, hash),
        null);
  }

  private static BcPGPContentSignerBuilder signerBuilder(PGPKeyPair pair, int hash) {
    return new BcPGPContentSignerBuilder(pair.getPublicKey().getAlgorithm(), hash);
  }

  private static PGPKeyPair pair() throws PGPException {
    Ed25519KeyPairGenerator generator = new Ed25519KeyPairGenerator();
    generator.init(new Ed25519KeyGenerationParameters(new SecureRandom()));
    return new BcPGPKeyPair(
        PublicKeyPacket.VERSION_4,
        PublicKeyAlgorithmTags.EDDSA_LEGACY,
        generator.generateKeyPair(),
        Date.from(CREATED));
  }
}
