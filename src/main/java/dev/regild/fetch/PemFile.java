package dev.regild.fetch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.util.io.pem.PemHeader;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;

/**
 * A PEM file with certificates or a key (RFC 7468). Other blocks, as Red Hat's entitlements have
 * them, are passed over. No message repeats what is in it.
 */
public final class PemFile {
  private static final int LONGEST = 1 << 20;
  private static final PemHeader ENCRYPTED_INSIDE = new PemHeader("Proc-Type", "4,ENCRYPTED");

  private final Path file;
  private final List<PemObject> blocks;

  private PemFile(Path file, List<PemObject> blocks) {
    this.file = file;
    this.blocks = blocks;
  }

  /**
   * Reads it.
   *
   * @throws FetchException if it can't be read, is too large or is damaged
   */
  public static PemFile read(Path file) throws FetchException {
    String text;
    try {
      if (Files.size(file) > LONGEST) {
        throw new FetchException(file + " is larger than 1 MiB; name a PEM file");
      }
      text = Files.readString(file, ISO_8859_1);
    } catch (IOException e) {
      throw new FetchException(
          file + " can't be read (" + e.getClass().getSimpleName() + "); name another file", e);
    }
    List<PemObject> blocks = new ArrayList<>();
    try (PemReader reader = new PemReader(new StringReader(text))) {
      for (PemObject block; (block = reader.readPemObject()) != null; ) {
        blocks.add(block);
      }
    } catch (IOException e) {
      // Without its cause, whose message might repeat a part of the key.
      throw new FetchException(file + " has a damaged PEM block; get a new copy");
    }
    return new PemFile(file, blocks);
  }

  /** Every certificate, in its order. */
  public List<X509Certificate> certificates() throws FetchException {
    List<X509Certificate> certificates = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (PemObject block : blocks) {
        if (block.getType().equals("CERTIFICATE")) {
          certificates.add(
              (X509Certificate)
                  factory.generateCertificate(new ByteArrayInputStream(block.getContent())));
        }
      }
    } catch (CertificateException e) {
      throw new FetchException(file + " contains a malformed certificate; get a new copy", e);
    }
    if (certificates.isEmpty()) {
      throw new FetchException(
          file + " has no certificate ('BEGIN CERTIFICATE'); name the PEM file that has it");
    }
    return certificates;
  }

  /** Its private key, in the forms of PKCS#8, of PKCS#1 or, for elliptic curves, of SEC 1. */
  public PrivateKey key() throws FetchException {
    PemObject block =
        blocks.stream()
            .filter(each -> each.getType().endsWith("PRIVATE KEY"))
            .findFirst()
            .orElseThrow(() ->
                new FetchException(
                    file
                        + " has no private key ('BEGIN PRIVATE KEY'); name the PEM file that has"
                        + " it"));
    if (block.getType().equals("ENCRYPTED PRIVATE KEY")
        || block.getHeaders().contains(ENCRYPTED_INSIDE)) {
      throw new FetchException(
          "the key in %1$s is encrypted, but a server cannot ask for a passphrase; decrypt it: openssl pkey -in %1$s -out KEY.pem"
              .formatted(file));
    }
    try {
      PrivateKeyInfo info = info(block);
      return KeyFactory.getInstance(info.getPrivateKeyAlgorithm().getAlgorithm().getId())
          .generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded()));
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw new FetchException(
          file + " contains a private key that is damaged or of an unknown kind; get a new copy");
    }
  }

  private static PrivateKeyInfo info(PemObject block) throws IOException {
    byte[] content = block.getContent();
    return switch (block.getType()) {
      case "RSA PRIVATE KEY" ->
          new PrivateKeyInfo(
              new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
              RSAPrivateKey.getInstance(content));
      case "EC PRIVATE KEY" -> {
        ECPrivateKey key = ECPrivateKey.getInstance(content);
        yield new PrivateKeyInfo(
            new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, key.getParametersObject()),
            key);
      }
      default -> PrivateKeyInfo.getInstance(content);
    };
  }
}
