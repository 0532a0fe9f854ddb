package dev.regild.fetch;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayInputStream;
import java.io.IOException;
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
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/**
 * A PEM file with certificates or a key (RFC 7468). Other blocks, as Red Hat's entitlements have
 * them, are passed over. No message repeats what is in it.
 */
final class PemFile {
  private static final int LONGEST = 1 << 20;
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \\1-----");
  private static final String ENCRYPTED_INSIDE = "Proc-Type: 4,ENCRYPTED";

  private final Path file;
  private final List<Block> blocks = new ArrayList<>();

  private record Block(String label, String body) {
    byte[] bytes() {
      return Base64.getMimeDecoder().decode(body.strip());
    }
  }

  private PemFile(Path file, String text) {
    this.file = file;
    Matcher found = BLOCK.matcher(text);
    while (found.find()) {
      blocks.add(new Block(found.group(1), found.group(2)));
    }
  }

  static PemFile read(Path file) throws FetchException {
    try {
      if (Files.size(file) > LONGEST) {
        throw new FetchException(file + " is larger than 1 MiB; name a PEM file");
      }
      return new PemFile(file, Files.readString(file, US_ASCII));
    } catch (IOException e) {
      throw new FetchException(
          file + " can't be read as PEM (" + e.getClass().getSimpleName() + "); name another file",
          e);
    }
  }

  /** Every certificate, in its order. */
  List<X509Certificate> certificates() throws FetchException {
    List<X509Certificate> certificates = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (Block block : blocks) {
        if (block.label().equals("CERTIFICATE")) {
          certificates.add(
              (X509Certificate)
                  factory.generateCertificate(new ByteArrayInputStream(block.bytes())));
        }
      }
    } catch (CertificateException | IllegalArgumentException e) {
      throw new FetchException(file + " contains a malformed certificate; get a new copy", e);
    }
    if (certificates.isEmpty()) {
      throw new FetchException(
          file + " has no certificate ('BEGIN CERTIFICATE'); name the PEM file that has it");
    }
    return certificates;
  }

  /** Its private key, in the forms of PKCS#8, of PKCS#1 or, for elliptic curves, of SEC 1. */
  PrivateKey key() throws FetchException {
    for (Block block : blocks) {
      if (block.label().equals("ENCRYPTED PRIVATE KEY")
          || block.body().contains(ENCRYPTED_INSIDE)) {
        throw encrypted();
      }
      if (block.label().endsWith("PRIVATE KEY")) {
        return key(block);
      }
    }
    throw encryptedOr(
        new FetchException(
            file + " has no private key ('BEGIN PRIVATE KEY'); name the PEM file that has it"));
  }

  /** The headers of an encrypted PKCS#1 key hold hyphens, so that it isn't seen as a block. */
  private FetchException encryptedOr(FetchException other) throws FetchException {
    try {
      return Files.readString(file, US_ASCII).contains(ENCRYPTED_INSIDE) ? encrypted() : other;
    } catch (IOException e) {
      return other;
    }
  }

  private FetchException encrypted() {
    return new FetchException(
        "the key in "
            + file
            + " is encrypted, but a server cannot ask for a passphrase; decrypt it:"
            + " openssl pkey -in "
            + file
            + " -out KEY.pem");
  }

  private PrivateKey key(Block block) throws FetchException {
    try {
      PrivateKeyInfo info =
          switch (block.label()) {
            case "RSA PRIVATE KEY" ->
                new PrivateKeyInfo(
                    new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
                    RSAPrivateKey.getInstance(block.bytes()));
            case "EC PRIVATE KEY" -> {
              ECPrivateKey key = ECPrivateKey.getInstance(block.bytes());
              yield new PrivateKeyInfo(
                  new AlgorithmIdentifier(
                      X9ObjectIdentifiers.id_ecPublicKey, key.getParametersObject()),
                  key);
            }
            default -> PrivateKeyInfo.getInstance(block.bytes());
          };
      boolean rsa =
          info.getPrivateKeyAlgorithm().getAlgorithm().equals(PKCSObjectIdentifiers.rsaEncryption);
      return KeyFactory.getInstance(rsa ? "RSA" : "EC")
          .generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded()));
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      // Without its cause, whose message might repeat a part of the key.
      throw new FetchException(
          file + " contains a private key that is damaged or neither RSA nor EC; get a new copy");
    }
  }
}
