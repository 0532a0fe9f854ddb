package dev.regild.fetch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPPublicKey;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureList;
import org.bouncycastle.openpgp.PGPUtil;
import org.bouncycastle.openpgp.api.OpenPGPCertificate;
import org.bouncycastle.openpgp.api.OpenPGPCertificate.OpenPGPComponentKey;
import org.bouncycastle.openpgp.api.OpenPGPDefaultPolicy;
import org.bouncycastle.openpgp.api.OpenPGPImplementation;
import org.bouncycastle.openpgp.api.OpenPGPKeyReader;
import org.bouncycastle.openpgp.api.OpenPGPPolicy;
import org.bouncycastle.openpgp.bc.BcPGPObjectFactory;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentVerifierBuilderProvider;
import org.jspecify.annotations.Nullable;

/** The public keys whose signatures a source trusts. */
public final class Keyring {
  private static final Set<Integer> GOOD_HASHES =
      Set.of(
          HashAlgorithmTags.SHA224,
          HashAlgorithmTags.SHA256,
          HashAlgorithmTags.SHA384,
          HashAlgorithmTags.SHA512,
          HashAlgorithmTags.SHA3_256,
          HashAlgorithmTags.SHA3_512);

  /** Of the channel's file, for messages. */
  private final String setting;

  private final String origin;
  private final Sha1 sha1;
  private final List<OpenPGPCertificate> certificates;

  private Keyring(String setting, String origin, Sha1 sha1, List<OpenPGPCertificate> certificates) {
    this.setting = setting;
    this.origin = origin;
    this.sha1 = sha1;
    this.certificates = certificates;
  }

  /** What becomes of a key whose own signatures, which bind it together, are by SHA-1. */
  public enum Sha1 {
    /** As gpgv does, which apt asks before Debian 13, and dnf's gpg. */
    TAKEN,
    /** As sqv does, which apt asks since Debian 13, after its policy's date. */
    REFUSED
  }

  /**
   * Since when sqv takes no self-signature by SHA-1, whenever it was made ({@code
   * sha1.second_preimage_resistance} in Debian's and Sequoia's default policy).
   */
  private static final Instant SHA1_END = Instant.parse("2026-02-01T00:00:00Z");

  /** Bouncy Castle's own, but for SHA-1, of which {@link #isBySha1} finds out. */
  private static OpenPGPPolicy lenient() {
    return new OpenPGPDefaultPolicy()
        .acceptCertificationSignatureHashAlgorithm(HashAlgorithmTags.SHA1);
  }

  /** One that takes no SHA-1, whenever it was used. */
  private static OpenPGPPolicy strict() {
    return new OpenPGPDefaultPolicy().rejectHashAlgorithm(HashAlgorithmTags.SHA1);
  }

  /**
   * Reads a keyring.
   *
   * @param setting the key of the channel's file, for messages
   * @param signedBy the absolute path of a keyring (binary or armored, or a directory of such), or
   *     the armored public key itself
   * @param sha1 what becomes of a key that is bound together by SHA-1
   */
  public static Keyring of(String setting, String signedBy, Sha1 sha1) throws FetchException {
    if (!signedBy.startsWith("/")) {
      String origin = "the key in " + setting;
      return new Keyring(setting, origin, sha1, parse(origin, signedBy.strip().getBytes(US_ASCII)));
    }
    Path path = Path.of(signedBy);
    List<OpenPGPCertificate> all = new ArrayList<>();
    try {
      for (Path file : keyringFiles(path)) {
        all.addAll(parse(file.toString(), Files.readAllBytes(file)));
      }
    } catch (IOException e) {
      throw new FetchException(
          "the keyring " + path + " can't be read (" + e + "); install it, or correct " + setting,
          e);
    }
    if (all.isEmpty()) {
      throw new FetchException("the keyring " + path + " holds no key; correct " + setting);
    }
    return new Keyring(setting, path.toString(), sha1, all);
  }

  /**
   * Passes if at least one signature is good: by a key of the ring that may sign, is not expired
   * and not revoked, with a hash stronger than SHA-1. A wrong signature by a known key spoils the
   * others, as it does for apt. One thread at a time: Bouncy Castle's certificates find out about
   * themselves as they are asked, and aren't made for several threads.
   *
   * @param what names the document in the message of the exception
   * @param type {@link PGPSignature#CANONICAL_TEXT_DOCUMENT} or {@link
   *     PGPSignature#BINARY_DOCUMENT}
   * @return what the operator should know of the key
   */
  public List<String> verify(
      String what, byte[] signed, byte[] signatureBlock, int type, Instant now)
      throws FetchException {
    return verify(what, signature -> signature.update(signed), signatureBlock, type, now);
  }

  /** The same for the content of a file, which need not fit into memory. */
  public List<String> verify(String what, Path signed, byte[] signatureBlock, int type, Instant now)
      throws FetchException {
    return verify(
        what,
        signature -> {
          try (InputStream in = Files.newInputStream(signed)) {
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
              signature.update(buffer, 0, n);
            }
          }
        },
        signatureBlock,
        type,
        now);
  }

  private interface Content {
    void handTo(PGPSignature signature) throws IOException;
  }

  private synchronized List<String> verify(
      String what, Content signed, byte[] signatureBlock, int type, Instant now)
      throws FetchException {
    List<String> refusals = new ArrayList<>();
    List<String> notices = new ArrayList<>();
    boolean good = false;
    for (PGPSignature signature : signatures(what, signatureBlock)) {
      OpenPGPComponentKey key = keyOf(signature);
      if (key == null) {
        refusals.add("key " + Long.toHexString(signature.getKeyID()) + " is not in " + origin);
        continue;
      }
      String refusal = refusal(signature, key, type, now);
      if (!refusal.isEmpty()) {
        refusals.add("key " + key.getKeyIdentifier() + ": " + refusal);
      } else if (matches(signature, key.getPGPPublicKey(), signed)) {
        good = true;
        if (isBySha1(key, now)) {
          notices.add(
              ("%s is signed by key %s, whose self-signatures use SHA-1; apt in Debian 13 and"
                      + " later refuses it")
                  .formatted(what, key.getKeyIdentifier()));
        }
      } else {
        throw new FetchException(
            what
                + " is not what key "
                + key.getKeyIdentifier()
                + " signed: it was changed in transit, or the mirror is broken; try again, then"
                + " use another mirror");
      }
    }
    if (!good) {
      throw new FetchException(
          what
              + " has no valid signature ("
              + (refusals.isEmpty() ? "none at all" : String.join("; ", refusals))
              + "); if you trust the repository, add its current key to the keyring that "
              + setting
              + " names");
    }
    return List.copyOf(notices);
  }

  private @Nullable OpenPGPComponentKey keyOf(PGPSignature signature) {
    for (OpenPGPCertificate certificate : certificates) {
      for (OpenPGPComponentKey key : certificate.getKeys()) {
        if (signature.hasKeyIdentifier(key.getKeyIdentifier())) {
          return key;
        }
      }
    }
    return null;
  }

  private String refusal(PGPSignature signature, OpenPGPComponentKey key, int type, Instant now) {
    if (signature.getSignatureType() != type) {
      return "the signature is of another type";
    }
    if (!GOOD_HASHES.contains(signature.getHashAlgorithm())) {
      return "the signature's hash is SHA-1 or weaker";
    }
    PGPPublicKey publicKey = key.getPGPPublicKey();
    if (!new OpenPGPDefaultPolicy().isAcceptablePublicKey(publicKey)) {
      return "it is too weak: " + publicKey.getBitStrength() + " bits";
    }
    Date at = Date.from(now);
    OpenPGPComponentKey primary = key.getCertificate().getPrimaryKey();
    if (key.getRevocation(at) != null || primary.getRevocation(at) != null) {
      return "it is revoked";
    }
    if (isExpired(publicKey, now) || isExpired(primary.getPGPPublicKey(), now)) {
      return "it is expired";
    }
    if (!primary.isBoundAt(at) || !key.isBoundAt(at) || !key.isSigningKey(at)) {
      return "it is expired, revoked, or may not sign";
    }
    if (sha1 == Sha1.REFUSED && !now.isBefore(SHA1_END) && isBySha1(key, now)) {
      return "its self-signatures use SHA-1, which this platform's apt has refused since "
          + SHA1_END.toString().substring(0, 10)
          + "; ask its vendor for a renewed key, or set allow-sha1-keys: true";
    }
    return expiry(signature).isBefore(now) ? "the signature is expired" : "";
  }

  /** Whether nothing but SHA-1 says that the key is good for signing. */
  private static boolean isBySha1(OpenPGPComponentKey key, Instant now) {
    OpenPGPCertificate strictly =
        new OpenPGPCertificate(
            key.getCertificate().getPGPPublicKeyRing(),
            OpenPGPImplementation.getInstance(),
            strict());
    Date at = Date.from(now);
    OpenPGPComponentKey same = strictly.getKey(key.getKeyIdentifier());
    return same == null
        || !strictly.getPrimaryKey().isBoundAt(at)
        || !same.isBoundAt(at)
        || !same.isSigningKey(at);
  }

  private static boolean isExpired(PGPPublicKey key, Instant now) {
    long seconds = key.getValidSeconds();
    return seconds > 0 && key.getCreationTime().toInstant().plusSeconds(seconds).isBefore(now);
  }

  private static Instant expiry(PGPSignature signature) {
    long seconds = signature.getHashedSubPackets().getSignatureExpirationTime();
    return seconds == 0
        ? Instant.MAX
        : signature.getCreationTime().toInstant().plusSeconds(seconds);
  }

  private static boolean matches(PGPSignature signature, PGPPublicKey key, Content signed)
      throws FetchException {
    try {
      signature.init(new BcPGPContentVerifierBuilderProvider(), key);
      signed.handTo(signature);
      return signature.verify();
    } catch (IOException e) {
      throw new FetchException("the signed file can't be read (" + e + "); check the disk", e);
    } catch (PGPException | RuntimeException e) {
      // Bouncy Castle reports some malformed signatures by exceptions; all of them mean "no".
      return false;
    }
  }

  private static List<PGPSignature> signatures(String what, byte[] block) throws FetchException {
    List<PGPSignature> result = new ArrayList<>();
    try (InputStream in = PGPUtil.getDecoderStream(new ByteArrayInputStream(block))) {
      BcPGPObjectFactory packets = new BcPGPObjectFactory(in);
      for (Object each = packets.nextObject(); each != null; each = packets.nextObject()) {
        if (each instanceof PGPSignatureList list) {
          list.forEach(result::add);
        }
      }
    } catch (IOException | RuntimeException e) {
      throw new FetchException("the signature of " + what + " is malformed: " + e.getMessage(), e);
    }
    return result;
  }

  private static List<Path> keyringFiles(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    try (Stream<Path> files = Files.list(path)) {
      return files.filter(f -> f.toString().matches(".*\\.(gpg|asc)")).sorted().toList();
    }
  }

  private static OpenPGPKeyReader reader() {
    return new OpenPGPKeyReader(OpenPGPImplementation.getInstance(), lenient());
  }

  private static List<OpenPGPCertificate> parse(String origin, byte[] content)
      throws FetchException {
    try {
      String text = new String(content, ISO_8859_1);
      if (!text.contains(KeyText.ARMOR)) {
        return reader().parseCertificates(content);
      }
      List<OpenPGPCertificate> result = new ArrayList<>();
      for (int at = text.indexOf(KeyText.ARMOR); at >= 0; ) {
        int next = text.indexOf(KeyText.ARMOR, at + 1);
        String block = next < 0 ? text.substring(at) : text.substring(at, next);
        result.addAll(reader().parseCertificates(block));
        at = next;
      }
      return result;
    } catch (IOException | RuntimeException e) {
      throw new FetchException(
          origin
              + " is not an OpenPGP keyring ("
              + e.getMessage()
              + "); export it with gpg --export, binary or armored",
          e);
    }
  }
}
