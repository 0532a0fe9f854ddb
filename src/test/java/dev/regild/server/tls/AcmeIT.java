package dev.regild.server.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.regild.demo.cluster.FreePort;
import dev.regild.fixtures.HostTools;
import dev.regild.server.config.ByteSize;
import dev.regild.server.config.Config;
import dev.regild.server.http.HttpFront;
import dev.regild.server.telemetry.AuditLog;
import dev.regild.server.telemetry.Metrics;
import io.helidon.webserver.http.HttpService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Certificates from a real ACME authority: Debian's pebble, which looks names up in its own DNS.
 */
class AcmeIT {
  private static final List<String> NAMES = List.of("regild.example.com", "images.example.com");
  private static final Config.Listen LOCAL = new Config.Listen("127.0.0.1", 0);
  private static final String CUSTOMER = "customer-7";
  private static final String CUSTOMERS_KEY =
      Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[48]);
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final Duration LIMIT = Duration.ofSeconds(45);

  @TempDir Path directory;

  private final List<Process> processes = new ArrayList<>();
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Metrics metrics = new Metrics();
  private AuditLog audit;
  private int acmePort;

  @BeforeEach
  void listen() throws Exception {
    HostTools.assume(
        HostTools.missing("pebble", "pebble-challtestsrv").isEmpty(), "pebble is not installed");
    log.start();
    logger().addAppender(log);
    logger().setLevel(Level.INFO);
    audit =
        AuditLog.open(
            Files.createDirectories(directory.resolve("audit")),
            AuditLog.Limits.of(new ByteSize(1 << 20)),
            Clock.systemUTC());
  }

  @AfterEach
  void stop() throws Exception {
    logger().detachAppender(log);
    logger().setLevel(null);
    for (Process process : processes) {
      process.destroyForcibly();
      process.waitFor(10, TimeUnit.SECONDS);
    }
    audit.close();
    metrics.close();
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger(AcmeCertificate.class);
  }

  private Path authority() {
    return directory.resolve("authority.pem");
  }

  /** Starts an authority that connects to a port to check challenges, and knows one customer. */
  private void startAuthority(int port, boolean customersOnly) throws Exception {
    int dns = FreePort.find();
    int management = FreePort.find();
    acmePort = FreePort.find();
    SelfSigned.write(authority(), directory.resolve("authority-key.pem"), Clock.systemUTC());
    Path config =
        Files.writeString(
            directory.resolve("pebble.json"),
            """
            {"pebble": {"listenAddress": "127.0.0.1:%d", "managementListenAddress": "127.0.0.1:%d",
              "certificate": "%s", "privateKey": "%s", "httpPort": 1, "tlsPort": %d,
              "externalAccountBindingRequired": %s, "externalAccountMACKeys": {"%s": "%s"}}}
            """
                .formatted(
                    acmePort,
                    FreePort.find(),
                    authority(),
                    directory.resolve("authority-key.pem"),
                    port,
                    customersOnly,
                    CUSTOMER,
                    CUSTOMERS_KEY));
    start(
        "pebble-challtestsrv",
        "-dns01",
        "127.0.0.1:" + dns,
        "-http01",
        "",
        "-https01",
        "",
        "-tlsalpn01",
        "",
        "-management",
        "127.0.0.1:" + management,
        "-defaultIPv6",
        "",
        "-defaultIPv4",
        "127.0.0.1");
    start("pebble", "-config", config.toString(), "-dnsserver", "127.0.0.1:" + dns);
    await(
        "the authority",
        () -> {
          try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), acmePort)) {
            return socket.isConnected();
          } catch (IOException e) {
            return false;
          }
        });
  }

  private void start(String... command) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve(command[0] + ".log").toFile());
    builder.environment().put("PEBBLE_VA_NOSLEEP", "1");
    processes.add(builder.start());
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private void await(String what, Condition condition) throws Exception {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.holds()) {
      Path pebble = directory.resolve("pebble.log");
      assertThat(System.nanoTime())
          .as(
              "%s; %s; %s",
              what,
              log.list.stream().map(ILoggingEvent::getKeyValuePairs).toList(),
              Files.exists(pebble) ? Files.readString(pebble) : "")
          .isLessThan(end);
      Thread.sleep(50);
    }
  }

  private Config.Tls settings(Optional<Config.ExternalAccount> binding) {
    return new Config.Tls(
        Config.TlsMode.AUTO,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(
            new Config.Acme(
                URI.create("https://127.0.0.1:%d/dir".formatted(acmePort)),
                NAMES,
                Optional.of("ops@example.com"),
                Optional.of(authority()),
                binding)));
  }

  private ServerTls open() throws Exception {
    return ServerTls.open(settings(Optional.empty()), LOCAL, directory, Clock.systemUTC(), PAUSE)
        .orElseThrow();
  }

  private HttpFront serve(ServerTls tls, int port) throws Exception {
    HttpService echo = rules -> rules.get("/", (_, response) -> response.send("hello"));
    return HttpFront.start(
        new Config.Listen("127.0.0.1", port),
        Optional.of(tls),
        Config.Http.DEFAULT,
        metrics,
        audit,
        List.of(echo),
        Duration.ZERO);
  }

  private AcmeCertificate acme(ServerTls tls, Clock clock) {
    return acme(tls, clock, Optional.empty());
  }

  private AcmeCertificate acme(
      ServerTls tls, Clock clock, Optional<Config.ExternalAccount> binding) {
    return AcmeCertificate.start(settings(binding).acme().orElseThrow(), tls, directory, clock);
  }

  private String said() {
    return log.list.stream()
        .map(event -> event.getFormattedMessage() + " " + event.getKeyValuePairs())
        .reduce("", (all, line) -> all + line + "\n");
  }

  @Test
  void aCertificateIsIssuedRenewedAndKeptWhenTheAuthorityFails() throws Exception {
    int port = FreePort.find();
    startAuthority(port, false);
    try (ServerTls tls = open();
        HttpFront _ = serve(tls, port)) {
      assertThat(shown(port).getIssuerX500Principal().getName()).contains("CN=Regild");
      AtomicBoolean done = new AtomicBoolean();
      AtomicInteger answered = new AtomicInteger();
      Thread load = Thread.ofVirtual().start(() -> keepAsking(port, done, answered));
      try (AcmeCertificate _ = acme(tls, Clock.systemUTC())) {
        await("the first certificate", () -> issuer(port).contains("Pebble"));
      }
      done.set(true);
      load.join();
      assertThat(answered.get()).as("requests meanwhile, none of which failed").isPositive();
      X509Certificate first = shown(port);
      assertThat(first.getSubjectAlternativeNames())
          .extracting(name -> String.valueOf(name.get(1)))
          .containsExactlyInAnyOrderElementsOf(NAMES);
      for (String secret : List.of("tls/acme.pem", "tls/acme-account.pem")) {
        assertThat(
                PosixFilePermissions.toString(
                    Files.getPosixFilePermissions(directory.resolve(secret))))
            .as(secret)
            .isEqualTo("rw-------");
      }
      String account = Files.readString(directory.resolve("tls/acme-account.pem"));

      // Nothing is due now, and all is when a third of the time is left.
      Duration life =
          Duration.between(first.getNotBefore().toInstant(), first.getNotAfter().toInstant());
      Instant later = first.getNotAfter().toInstant().minus(life.dividedBy(4));
      try (AcmeCertificate _ = acme(tls, Clock.fixed(later, ZoneOffset.UTC))) {
        await("the second one", () -> !shown(port).equals(first));
      }
      // By that clock, the second is due as well: the authority is not asked again at once.
      assertThat(said().split("certificate issued", -1)).hasSize(3);
      assertThat(issuer(port)).contains("Pebble");
      assertThat(Files.readString(directory.resolve("tls/acme-account.pem"))).isEqualTo(account);

      X509Certificate second = shown(port);
      processes.forEach(Process::destroyForcibly);
      try (AcmeCertificate _ = acme(tls, Clock.fixed(later, ZoneOffset.UTC))) {
        await("a failure", () -> said().contains("the present one stays"));
      }
      assertThat(shown(port)).isEqualTo(second);
    }
  }

  @Test
  void aNameThatLeadsElsewhereIsSaidInWords() throws Exception {
    int elsewhere = FreePort.find();
    startAuthority(elsewhere, false);
    try (ServerTls tls = open();
        HttpFront front = serve(tls, 0);
        AcmeCertificate _ = acme(tls, Clock.systemUTC())) {
      await("a failure", () -> said().contains("was not proven to be this server's"));
      assertThat(said()).contains("port 443 of it must lead here");
      assertThat(issuer(front.port())).contains("CN=Regild");
    }
  }

  @Test
  void anAuthorityThatServesItsCustomersOnlyTakesTheirKey() throws Exception {
    int port = FreePort.find();
    startAuthority(port, true);
    Path key = directory.resolve("eab-key");
    var binding = Optional.of(new Config.ExternalAccount(CUSTOMER, key));
    try (ServerTls tls = open();
        HttpFront _ = serve(tls, port)) {
      try (AcmeCertificate _ = acme(tls, Clock.systemUTC())) {
        await("a refusal of strangers", () -> said().contains("external account"));
      }
      Files.writeString(key, "no key!");
      try (AcmeCertificate _ = acme(tls, Clock.systemUTC(), binding)) {
        await(
            "words about the key",
            () -> said().contains("eab-key holds no key of 32 bytes or more"));
      }
      assertThat(issuer(port)).contains("CN=Regild");
      Files.writeString(key, CUSTOMERS_KEY + "\n");
      try (AcmeCertificate _ = acme(tls, Clock.systemUTC(), binding)) {
        await("the certificate", () -> issuer(port).contains("Pebble"));
      }
    }
    assertThat(said()).doesNotContain(CUSTOMERS_KEY);
  }

  private static void keepAsking(int port, AtomicBoolean done, AtomicInteger answered) {
    while (!done.get()) {
      try (SSLSocket socket = connect(port)) {
        socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
        if (new String(socket.getInputStream().readNBytes(12), US_ASCII).equals("HTTP/1.1 200")) {
          answered.incrementAndGet();
        } else {
          answered.set(Integer.MIN_VALUE / 2);
        }
        Thread.sleep(20);
      } catch (Exception e) {
        answered.set(Integer.MIN_VALUE / 2);
      }
    }
  }

  private static String issuer(int port) throws Exception {
    return shown(port).getIssuerX500Principal().getName();
  }

  private static X509Certificate shown(int port) throws Exception {
    try (SSLSocket socket = connect(port)) {
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  /** Trusts everybody: it looks at what is shown. */
  private static SSLSocket connect(int port) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new Anybody()}, null);
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName(NAMES.getFirst())));
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  private static final class Anybody extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
