package dev.regild.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
import org.bouncycastle.openpgp.PGPKeyRingGenerator;
import org.bouncycastle.openpgp.PGPSecretKey;
import org.bouncycastle.openpgp.PGPSecretKeyRing;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureGenerator;
import org.bouncycastle.openpgp.PGPSignatureSubpacketGenerator;
import org.bouncycastle.openpgp.operator.bc.BcKeyFingerprintCalculator;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentSignerBuilder;
import org.bouncycastle.openpgp.operator.bc.BcPGPDigestCalculatorProvider;
import org.bouncycastle.openpgp.operator.bc.BcPGPKeyPair;

/** An OpenPGP key (version 4, Ed25519) that signs the demo's repository, and nothing else. */
final class RepositoryKey {
  private static final int DIGEST = HashAlgorithmTags.SHA512;

  private final PGPSecretKeyRing ring;

  private RepositoryKey(PGPSecretKeyRing ring) {
    this.ring = ring;
  }

  /** The key that the file holds; a new one, readable by its owner alone, if there is no file. */
  static RepositoryKey openOrGenerate(Path file) throws IOException {
    try {
      if (Files.exists(file)) {
        return new RepositoryKey(
            new PGPSecretKeyRing(Files.readAllBytes(file), new BcKeyFingerprintCalculator()));
      }
      RepositoryKey key = new RepositoryKey(generate());
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.write(file, key.ring.getEncoded());
      return key;
    } catch (PGPException e) {
      throw new IOException("the repository's key %s cannot be used; remove it".formatted(file), e);
    }
  }

  /** The public key as apt's {@code signed-by} takes it from a {@code .gpg} file. */
  byte[] publicKey() throws IOException {
    return ring.toCertificate().getEncoded();
  }

  /** The public key as apt's {@code signed-by} takes it from an {@code .asc} file. */
  String armoredPublicKey() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ArmoredOutputStream armor = ArmoredOutputStream.builder().clearHeaders().build(bytes)) {
      armor.write(publicKey());
    }
    return bytes.toString(UTF_8);
  }

  /**
   * The text in the cleartext signature framework (RFC 9580, section 7), as {@code InRelease} is.
   *
   * @param text whole lines without trailing white space, none of which begins with a dash
   */
  String clearSign(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ArmoredOutputStream armor = ArmoredOutputStream.builder().clearHeaders().build(bytes)) {
      armor.beginClearText(DIGEST);
      armor.write(text.getBytes(UTF_8));
      armor.endClearText();
      signature(text).encode(armor);
    } catch (PGPException e) {
      throw new IOException("the repository's index can't be signed", e);
    }
    return bytes.toString(UTF_8);
  }

  private PGPSignature signature(String text) throws PGPException {
    PGPSecretKey key = ring.getSecretKey();
    PGPSignatureGenerator signer =
        new PGPSignatureGenerator(
            new BcPGPContentSignerBuilder(key.getPublicKey().getAlgorithm(), DIGEST),
            key.getPublicKey());
    signer.init(PGPSignature.CANONICAL_TEXT_DOCUMENT, key.extractPrivateKey(null));
    PGPSignatureSubpacketGenerator subpackets = new PGPSignatureSubpacketGenerator();
    subpackets.setIssuerFingerprint(false, key.getPublicKey());
    subpackets.setSignatureCreationTime(false, Date.from(Instant.now()));
    signer.setHashedSubpackets(subpackets.generate());
    // The line end before the signature is not part of the signed text.
    signer.update(text.stripTrailing().replace("\n", "\r\n").getBytes(UTF_8));
    return signer.generate();
  }

  private static PGPSecretKeyRing generate() throws PGPException {
    Ed25519KeyPairGenerator generator = new Ed25519KeyPairGenerator();
    generator.init(new Ed25519KeyGenerationParameters(new SecureRandom()));
    BcPGPKeyPair pair =
        new BcPGPKeyPair(
            PublicKeyPacket.VERSION_4,
            PublicKeyAlgorithmTags.EDDSA_LEGACY,
            generator.generateKeyPair(),
            // A little in the past: a verifier's clock may lag behind ours.
            Date.from(Instant.now().minusSeconds(60)));
    PGPSignatureSubpacketGenerator subpackets = new PGPSignatureSubpacketGenerator();
    subpackets.setKeyFlags(true, KeyFlags.CERTIFY_OTHER | KeyFlags.SIGN_DATA);
    return new PGPKeyRingGenerator(
            PGPSignature.POSITIVE_CERTIFICATION,
            pair,
            "Regild demo repository <demo@regild.example>",
            new BcPGPDigestCalculatorProvider().get(HashAlgorithmTags.SHA1),
            subpackets.generate(),
            null,
            new BcPGPContentSignerBuilder(pair.getPublicKey().getAlgorithm(), DIGEST),
            null)
        .generateSecretKeyRing();
  }
}
