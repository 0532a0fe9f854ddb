package dev.regild.server.tls;

import dev.regild.fetch.FetchException;
import dev.regild.fetch.PemFile;
import dev.regild.fetch.TlsContext;
import dev.regild.files.DurableFiles;
import dev.regild.files.FileStamp;
import dev.regild.files.PrivateDirectory;
import dev.regild.files.Sha256;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.X509ExtendedKeyManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a server shows to clients that use TLS. Its files are read again when they change: new
 * connections get the new certificate, and those that are open keep theirs.
 */
public final class ServerTls implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServerTls.class);

  /** Of these, the older is for clients that can't do better, such as Debian 10's. */
  private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

  private static final String[] HTTP = {"http/1.1"};
  private static final String[] HTTP_AND_CHALLENGES = {"http/1.1", AcmeChallenges.PROTOCOL};

  /** A changed file is in force within 5 s. */
  private static final Duration PAUSE = Duration.ofSeconds(2);

  /**
   * A server makes itself a new certificate so long before the old one ends, and warns of others.
   */
  private static final Duration NEAR_ITS_END = Duration.ofDays(30);

  private final PemFiles files;
  private final boolean ownCertificate;
  private final AcmeChallenges challenges = new AcmeChallenges();
  private final Clock clock;
  private final Duration pause;
  private final Thread watching = Thread.ofVirtual().name("tls").unstarted(this::watch);
  private Map<Path, Optional<FileStamp>> seen;
  private String lastFailure = "";
  private volatile Identity identity;

  /**
   * Where everything is.
   *
   * @param clientAuthority empty if clients need no certificate
   */
  private record PemFiles(Path certificate, Path key, Optional<Path> clientAuthority) {
    Map<Path, Optional<FileStamp>> stamps() throws IOException {
      Map<Path, Optional<FileStamp>> stamps = new TreeMap<>();
      for (Path file :
          Stream.concat(Stream.of(certificate, key), clientAuthority.stream()).toList()) {
        stamps.put(file, FileStamp.of(file));
      }
      return stamps;
    }
  }

  /** A certificate, and the context in which it is shown. */
  private record Identity(X509Certificate certificate, SSLContext context) {
    Instant end() {
      return certificate.getNotAfter().toInstant();
    }
  }

  private ServerTls(PemFiles files, boolean ownCertificate, Clock clock, Duration pause)
      throws FetchException, IOException {
    this.files = files;
    this.ownCertificate = ownCertificate;
    this.clock = clock;
    this.pause = pause;
    this.seen = files.stamps();
    this.identity = load();
  }

  /**
   * Loads what a server shows on an address. One that other machines can connect to, and that has
   * no certificate, gets one that the server makes itself, in the data directory.
   *
   * @return empty if connections there are not encrypted
   * @throws ConfigException if a file can't be used
   */
  public static Optional<ServerTls> open(
      Config.Tls settings, Config.Listen listen, Path data, Clock clock)
      throws ConfigException, IOException {
    return open(settings, listen, data, clock, PAUSE);
  }

  static Optional<ServerTls> open(
      Config.Tls settings, Config.Listen listen, Path data, Clock clock, Duration pause)
      throws ConfigException, IOException {
    if (!isEncrypted(settings, listen)) {
      return Optional.empty();
    }
    boolean own = settings.certificate().isEmpty() && settings.acme().isEmpty();
    PemFiles files =
        settings.acme().isPresent()
            ? acmeFiles(data, settings, clock)
            : own
                ? ownFiles(data, settings, clock)
                : new PemFiles(
                    settings.certificate().get(),
                    settings.key().orElseThrow(),
                    settings.clientAuthority());
    try {
      ServerTls tls = new ServerTls(files, own, clock, pause);
      tls.tell("certificate loaded");
      tls.watching.start();
      return Optional.of(tls);
    } catch (FetchException e) {
      throw new ConfigException("tls can't be used: " + e.getMessage(), e);
    }
  }

  /** Whether a server with these settings uses TLS on an address. */
  public static boolean isEncrypted(Config.Tls settings, Config.Listen listen) {
    return switch (settings.mode()) {
      case ON -> true;
      case OFF -> false;
      case AUTO ->
          settings.certificate().isPresent()
              || settings.acme().isPresent()
              || settings.clientAuthority().isPresent()
              || !isLoopback(listen);
    };
  }

  /** One that is not an address of this machine is refused when it is listened on. */
  private static boolean isLoopback(Config.Listen listen) {
    try {
      return InetAddress.getByName(listen.host()).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** The certificate that a server makes itself; other commands on this machine trust it. */
  public static Path ownCertificate(Path data) {
    return data.resolve("tls").resolve("certificate.pem");
  }

  private static PemFiles ownFiles(Path data, Config.Tls settings, Clock clock) throws IOException {
    PrivateDirectory.within(data, "tls");
    PemFiles files =
        new PemFiles(
            ownCertificate(data),
            ownCertificate(data).resolveSibling("key.pem"),
            settings.clientAuthority());
    if (Files.notExists(files.certificate()) || Files.notExists(files.key())) {
      SelfSigned.write(files.certificate(), files.key(), clock);
    }
    return files;
  }

  /** Until the authority has issued one, a certificate of the server's own is in its place. */
  private static PemFiles acmeFiles(Path data, Config.Tls settings, Clock clock)
      throws IOException {
    Path directory = PrivateDirectory.within(data, "tls").path();
    Path both = AcmeCertificate.file(directory);
    if (Files.notExists(both)) {
      PemFiles own = ownFiles(data, settings, clock);
      DurableFiles.writePrivate(
          both, Files.readString(own.key()) + Files.readString(own.certificate()));
    }
    return new PemFiles(both, both, settings.clientAuthority());
  }

  AcmeChallenges challenges() {
    return challenges;
  }

  /** Makes the engine of one connection, which has not begun. */
  public SSLEngine engine() {
    SSLEngine engine = identity.context().createSSLEngine();
    engine.setUseClientMode(false);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setProtocols(PROTOCOLS);
    boolean challenged = challenges.areShown();
    parameters.setApplicationProtocols(challenged ? HTTP_AND_CHALLENGES : HTTP);
    parameters.setNeedClientAuth(files.clientAuthority().isPresent());
    engine.setSSLParameters(parameters);
    return engine;
  }

  /** When the certificate ends. */
  public Instant end() {
    return identity.end();
  }

  /** The SHA-256 of a certificate, as browsers and {@code openssl x509 -fingerprint} show it. */
  static String fingerprint(X509Certificate certificate) {
    try {
      return HexFormat.ofDelimiter(":")
          .withUpperCase()
          .formatHex(Sha256.digest().digest(certificate.getEncoded()));
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException(e);
    }
  }

  private Identity load() throws FetchException, IOException {
    List<X509Certificate> chain = PemFile.read(files.certificate()).certificates();
    PrivateKey key = PemFile.read(files.key()).key();
    X509Certificate certificate = chain.getFirst();
    try {
      if (!belong(key, certificate)) {
        throw new FetchException(
            "the key in %s does not belong to the certificate in %s; replace both"
                .formatted(files.key(), files.certificate()));
      }
      return new Identity(certificate, TlsContext.of(keys(key, chain), authorities()));
    } catch (GeneralSecurityException e) {
      throw new FetchException(
          "the key in %s and the certificate in %s can't be used for TLS (%s); use an RSA or EC key"
              .formatted(files.key(), files.certificate(), e.getMessage()),
          e);
    }
  }

  private KeyManager[] keys(PrivateKey key, List<X509Certificate> chain)
      throws GeneralSecurityException, IOException {
    KeyManager[] keys = TlsContext.keys(key, chain);
    return keys[0] instanceof X509ExtendedKeyManager own
        ? new KeyManager[] {challenges.before(own)}
        : keys;
  }

  /** Clients' certificates are judged by these; without any, no client is asked for one. */
  private Optional<List<X509Certificate>> authorities() throws FetchException {
    return files.clientAuthority().isPresent()
        ? Optional.of(PemFile.read(files.clientAuthority().get()).certificates())
        : Optional.empty();
  }

  private static boolean belong(PrivateKey key, X509Certificate certificate)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    byte[] text = certificate.getEncoded();
    Signature signing = Signature.getInstance(algorithm);
    signing.initSign(key);
    signing.update(text);
    byte[] signature = signing.sign();
    if (!key.getAlgorithm().equals(certificate.getPublicKey().getAlgorithm())) {
      return false;
    }
    Signature checking = Signature.getInstance(algorithm);
    checking.initVerify(certificate.getPublicKey());
    checking.update(text);
    return checking.verify(signature);
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(pause);
        look();
      }
    } catch (InterruptedException e) {
      LOG.debug("the watcher of the certificate stopped");
    }
  }

  /** Takes over files that have changed. While they can't be used, the last good ones stay. */
  private void look() {
    try {
      if (ownCertificate && isNearItsEnd()) {
        SelfSigned.write(files.certificate(), files.key(), clock);
      }
      // Before they are read: a change while they are read is seen the next time.
      Map<Path, Optional<FileStamp>> now = files.stamps();
      if (!now.equals(seen) || !lastFailure.isEmpty()) {
        identity = load();
        seen = now;
        lastFailure = "";
        tell("certificate replaced");
      }
    } catch (FetchException | IOException | RuntimeException e) {
      String failure = String.valueOf(e.getMessage());
      if (!failure.equals(lastFailure)) {
        lastFailure = failure;
        LOG.atWarn()
            .addKeyValue("error", failure)
            .log("the changed certificate can't be used; the last one stays in force");
      }
    }
  }

  private boolean isNearItsEnd() {
    return clock.instant().plus(NEAR_ITS_END).isAfter(identity.end());
  }

  private void tell(String what) {
    LOG.atInfo()
        .addKeyValue("file", files.certificate())
        .addKeyValue("fingerprint", fingerprint(identity.certificate()))
        .addKeyValue("until", identity.end())
        .log(what);
    if (isNearItsEnd()) {
      LOG.atWarn()
          .addKeyValue("file", files.certificate())
          .addKeyValue("until", identity.end())
          .log("the certificate ends soon; replace it");
    }
  }

  @Override
  public void close() {
    watching.interrupt();
  }
}
