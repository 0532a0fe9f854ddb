package dev.regild.server.tls;

import dev.regild.fetch.FetchException;
import dev.regild.fetch.PemFile;
import dev.regild.fetch.TlsContext;
import dev.regild.files.DurableFiles;
import dev.regild.server.config.Config;
import java.io.IOException;
import java.io.StringWriter;
import java.net.http.HttpClient;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;
import org.shredzone.acme4j.Account;
import org.shredzone.acme4j.AccountBuilder;
import org.shredzone.acme4j.Authorization;
import org.shredzone.acme4j.Order;
import org.shredzone.acme4j.Problem;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.Status;
import org.shredzone.acme4j.challenge.TlsAlpn01Challenge;
import org.shredzone.acme4j.connector.HttpConnector;
import org.shredzone.acme4j.connector.NetworkSettings;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeServerException;
import org.shredzone.acme4j.provider.GenericAcmeProvider;
import org.shredzone.acme4j.util.KeyPairUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets the server's certificate from an ACME authority (RFC 8555), and renews it when a third of
 * its time is left. Until then, and whenever that fails, the certificate that is there stays.
 */
public final class AcmeCertificate implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AcmeCertificate.class);

  private static final Duration LONGEST_STEP = Duration.ofMinutes(2);
  private static final Duration BETWEEN_LOOKS = Duration.ofHours(1);

  /** Authorities count failures, and refuse who fails too often. */
  private static final Duration FIRST_PAUSE = Duration.ofMinutes(15);

  private static final Duration LONGEST_PAUSE = Duration.ofHours(12);

  private static final int CHALLENGE_BITS = 2048;
  private static final int LARGEST_KEY_FILE = 4096;

  /** Of HS256 (RFC 7518, section 3.2). */
  private static final int LEAST_KEY_BYTES = 32;

  private final Config.Acme settings;
  private final AcmeChallenges challenges;
  private final Path certificate;
  private final Path accountKey;
  private final Clock clock;
  private final Thread thread = Thread.ofVirtual().name("acme").unstarted(this::run);

  /** Does nothing yet. */
  AcmeCertificate(Config.Acme settings, AcmeChallenges challenges, Path directory, Clock clock) {
    this.settings = settings;
    this.challenges = challenges;
    this.certificate = file(directory);
    this.accountKey = directory.resolve("acme-account.pem");
    this.clock = clock;
  }

  /** The file with the certificate, those of its issuers, and its key. */
  static Path file(Path directory) {
    return directory.resolve("acme.pem");
  }

  /**
   * Begins to look whether the certificate is due. The server answers on its port already, because
   * the authority connects to it.
   *
   * @param tls shows the challenges
   * @param data the data directory
   */
  public static AcmeCertificate start(Config.Acme settings, ServerTls tls, Path data, Clock clock) {
    // The library makes its keys with it. As the last one, it changes nothing for others.
    var _ = Security.addProvider(new BouncyCastleProvider());
    AcmeCertificate acme =
        new AcmeCertificate(settings, tls.challenges(), data.resolve("tls"), clock);
    acme.thread.start();
    return acme;
  }

  private void run() {
    Duration pause = FIRST_PAUSE;
    try {
      while (true) {
        if (!isDue()) {
          pause = FIRST_PAUSE;
          Thread.sleep(BETWEEN_LOOKS);
        } else {
          // Also after a success: a certificate may be due as soon as it is issued, because this
          // clock is wrong or the authority left out a name.
          renew();
          Thread.sleep(pause);
          pause = pause.multipliedBy(2);
          pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("the upkeep of the certificate stopped");
    }
  }

  /** Whether it is our own placeholder, has too little time left, or has other names. */
  boolean isDue() {
    try {
      X509Certificate now = PemFile.read(certificate).certificates().getFirst();
      Instant since = now.getNotBefore().toInstant();
      Instant end = now.getNotAfter().toInstant();
      Instant due = end.minus(Duration.between(since, end).dividedBy(3));
      return now.getIssuerX500Principal().equals(now.getSubjectX500Principal())
          || !names(now).equals(Set.copyOf(settings.names()))
          || !clock.instant().isBefore(due);
    } catch (FetchException | GeneralSecurityException e) {
      return true;
    }
  }

  private static Set<String> names(X509Certificate certificate) throws GeneralSecurityException {
    Set<String> names = new HashSet<>();
    Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
    if (alternatives != null) {
      alternatives.forEach(name -> names.add(String.valueOf(name.get(1)).toLowerCase(Locale.ROOT)));
    }
    return names;
  }

  /** Orders a certificate, or says why there is none. */
  private void renew() throws InterruptedException {
    try {
      List<X509Certificate> chain = order();
      LOG.atInfo()
          .addKeyValue("names", settings.names())
          .addKeyValue("issuer", chain.getFirst().getIssuerX500Principal().getName())
          .addKeyValue("until", chain.getFirst().getNotAfter().toInstant())
          .log("certificate issued");
    } catch (AcmeException
        | FetchException
        | GeneralSecurityException
        | IOException
        | RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("authority", settings.directory())
          .addKeyValue("names", settings.names())
          .addKeyValue("reason", reason(e))
          .log(
              "the authority issued no certificate; the present one stays, and the next try is later");
    } finally {
      challenges.clear();
    }
  }

  private static String reason(Exception failure) {
    return failure instanceof AcmeServerException refusal
            && refusal.getType().toString().endsWith(":externalAccountRequired")
        ? "the authority serves its customers only; set tls.acme-eab-id and tls.acme-eab-key to the external account that it gave you"
        : String.valueOf(failure.getMessage());
  }

  private List<X509Certificate> order()
      throws AcmeException,
          FetchException,
          GeneralSecurityException,
          IOException,
          InterruptedException {
    Order order = account().newOrder().domains(settings.names()).create();
    for (Authorization authorization : order.getAuthorizations()) {
      prove(authorization);
    }
    require(order.waitUntilReady(LONGEST_STEP) == Status.READY, "the order", order.getError());
    KeyPair key = KeyPairUtils.createECKeyPair("secp256r1");
    order.execute(key);
    require(order.waitForCompletion(LONGEST_STEP) == Status.VALID, "the order", order.getError());
    List<X509Certificate> chain = order.getCertificate().getCertificateChain();
    write(key, chain);
    return chain;
  }

  private Account account()
      throws AcmeException, FetchException, GeneralSecurityException, IOException {
    AccountBuilder builder = new AccountBuilder().agreeToTermsOfService().useKeyPair(accountKey());
    settings.contact().ifPresent(builder::addEmail);
    if (settings.binding().isPresent()) {
      bind(builder, settings.binding().get());
    }
    return builder.create(session());
  }

  private static void bind(AccountBuilder builder, Config.ExternalAccount account)
      throws AcmeException, IOException {
    if (Files.size(account.key()) > LARGEST_KEY_FILE) {
      throw new AcmeException(noKey(account));
    }
    try {
      byte[] key = Base64.getUrlDecoder().decode(Files.readString(account.key()).strip());
      if (key.length < LEAST_KEY_BYTES) {
        throw new AcmeException(noKey(account));
      }
      // Every authority takes HS256, whatever the key's length; the library would choose by that.
      var _ =
          builder
              .withKeyIdentifier(account.id(), new SecretKeySpec(key, "HMAC"))
              .withMacAlgorithm("HS256");
    } catch (IllegalArgumentException | CharacterCodingException e) {
      throw new AcmeException(noKey(account), e);
    }
  }

  private static String noKey(Config.ExternalAccount account) {
    return "%s holds no key of 32 bytes or more in base64url; write the MAC key that the authority gave for %s into it"
        .formatted(account.key(), account.id());
  }

  private Session session() throws FetchException, GeneralSecurityException, IOException {
    SSLContext trusted =
        TlsContext.of(
            new KeyManager[0],
            settings.authority().isPresent()
                ? Optional.of(PemFile.read(settings.authority().get()).certificates())
                : Optional.empty());
    return new Session(
        settings.directory(),
        new GenericAcmeProvider() {
          @Override
          protected HttpConnector createHttpConnector(NetworkSettings network) {
            return new HttpConnector(network) {
              @Override
              public HttpClient.Builder createClientBuilder() {
                return super.createClientBuilder().sslContext(trusted);
              }
            };
          }
        });
  }

  /** The same for all orders: the authority knows the account by it. */
  private KeyPair accountKey() throws IOException {
    if (Files.exists(accountKey)) {
      try (var reader = Files.newBufferedReader(accountKey)) {
        return KeyPairUtils.readKeyPair(reader);
      }
    }
    KeyPair made = KeyPairUtils.createECKeyPair("secp256r1");
    StringWriter text = new StringWriter();
    KeyPairUtils.writeKeyPair(made, text);
    DurableFiles.writePrivate(accountKey, text.toString());
    return made;
  }

  private void prove(Authorization authorization) throws AcmeException, InterruptedException {
    if (authorization.getStatus() == Status.VALID) {
      return;
    }
    String name = authorization.getIdentifier().getDomain();
    TlsAlpn01Challenge challenge =
        authorization
            .findChallenge(TlsAlpn01Challenge.class)
            .orElseThrow(() ->
                new AcmeException(
                    "the authority offers no tls-alpn-01 for %s; use another authority, or tls.certificate"
                        .formatted(name)));
    // The library signs these with RSA alone.
    KeyPair key = KeyPairUtils.createKeyPair(CHALLENGE_BITS);
    challenges.show(
        name, key.getPrivate(), challenge.createCertificate(key, authorization.getIdentifier()));
    challenge.trigger();
    boolean proven = authorization.waitForCompletion(LONGEST_STEP) == Status.VALID;
    challenge.fetch();
    require(
        proven,
        "%s was not proven to be this server's (port 443 of it must lead here)".formatted(name),
        challenge.getError());
  }

  private static void require(boolean done, String what, Optional<Problem> problem)
      throws AcmeException {
    if (!done) {
      throw new AcmeException(
          what
              + ": "
              + problem
                  .flatMap(Problem::getDetail)
                  .orElse("the authority did not say why in time"));
    }
  }

  /** In one file, so that a certificate is never there without its key. */
  private void write(KeyPair key, List<X509Certificate> chain)
      throws GeneralSecurityException, IOException {
    StringWriter text = new StringWriter();
    try (PemWriter writer = new PemWriter(text)) {
      writer.writeObject(new PemObject("PRIVATE KEY", key.getPrivate().getEncoded()));
      for (X509Certificate each : chain) {
        writer.writeObject(new PemObject("CERTIFICATE", each.getEncoded()));
      }
    }
    DurableFiles.writePrivate(certificate, text.toString());
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
