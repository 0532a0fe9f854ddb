package dev.regild.server.tls;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fetch.PemFile;
import dev.regild.fetch.TlsContext;
import dev.regild.fixtures.MemoryDirectory;
import dev.regild.server.config.ByteSize;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.server.http.HttpFront;
import dev.regild.server.telemetry.AuditLog;
import dev.regild.server.telemetry.Metrics;
import io.helidon.webserver.http.HttpService;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The HTTP server with TLS, asked by Java's clients. */
class ServerTlsTest {
  private static final Config.Listen LOCAL = new Config.Listen("127.0.0.1", 0);
  private static final Config.Listen ALL = new Config.Listen("0.0.0.0", 0);
  private static final KeyManager[] NO_KEYS = {};
  private static final Duration UNHURRIED = Duration.ofSeconds(30);
  private static final Duration PAUSE = Duration.ofMillis(100);

  @TempDir(factory = MemoryDirectory.class)
  Path directory;

  @Test
  void onlyAnAddressOfOtherMachinesIsEncryptedByItself() throws Exception {
    assertThat(ServerTls.isEncrypted(Config.Tls.AUTO, LOCAL)).isFalse();
    assertThat(ServerTls.isEncrypted(Config.Tls.AUTO, new Config.Listen("::1", 0))).isFalse();
    assertThat(ServerTls.isEncrypted(Config.Tls.AUTO, ALL)).isTrue();
    assertThat(ServerTls.isEncrypted(mode(Config.TlsMode.ON), LOCAL)).isTrue();
    assertThat(ServerTls.isEncrypted(mode(Config.TlsMode.OFF), ALL)).isFalse();
    assertThat(ServerTls.open(Config.Tls.AUTO, LOCAL, directory, Clock.systemUTC())).isEmpty();
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void anOwnCertificateIsPrivateNamesTheHostAndStays() throws Exception {
    Path certificate = ServerTls.ownCertificate(directory);
    try (ServerTls _ = open(Clock.systemUTC())) {
      assertThat(certificate).exists();
    }
    String first = Files.readString(certificate);
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(certificate.getParent())))
        .isEqualTo("rwx------");
    X509Certificate made = PemFile.read(certificate).certificates().getFirst();
    assertThat(made.getSubjectAlternativeNames())
        .anyMatch(name -> name.get(1).equals("localhost"))
        .anyMatch(name -> name.get(1).equals("127.0.0.1"));
    try (ServerTls _ = open(Clock.systemUTC())) {
      assertThat(Files.readString(certificate)).isEqualTo(first);
    }
  }

  @Test
  void anOwnCertificateIsRenewedBeforeItEnds() throws Exception {
    Path certificate = ServerTls.ownCertificate(directory);
    Instant longAgo = Instant.now().minus(Duration.ofDays(810));
    try (ServerTls old = open(Clock.fixed(longAgo, ZoneOffset.UTC))) {
      assertThat(old.end()).isBefore(Instant.now().plus(Duration.ofDays(20)));
    }
    String first = Files.readString(certificate);
    try (ServerTls tls = open(Clock.systemUTC())) {
      awaitTrue(() -> tls.end().isAfter(Instant.now().plus(Duration.ofDays(800))));
    }
    assertThat(Files.readString(certificate)).isNotEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void bodiesPassBothWaysUnchanged(String protocol) throws Exception {
    byte[] body = new byte[1_500_001];
    new Random(7).nextBytes(body);
    try (ServerTls tls = open(Clock.systemUTC());
        Front front = new Front(tls, UNHURRIED);
        HttpClient client = client(trusting(ServerTls.ownCertificate(directory)), protocol);
        ExecutorService four = Executors.newFixedThreadPool(4)) {
      List<Future<byte[]>> answers =
          IntStream.range(0, 4)
              .mapToObj(_ ->
                  four.submit(() ->
                      client
                          .send(
                              HttpRequest.newBuilder(front.uri("https"))
                                  .POST(BodyPublishers.ofByteArray(body))
                                  .build(),
                              BodyHandlers.ofByteArray())
                          .body()))
              .toList();
      for (Future<byte[]> answer : answers) {
        assertThat(answer.get()).isEqualTo(body);
      }
    }
  }

  @Test
  void plainHttpIsToldToUseTls() throws Exception {
    try (ServerTls tls = open(Clock.systemUTC());
        Front front = new Front(tls, UNHURRIED);
        HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(HttpRequest.newBuilder(front.uri("http")).build(), BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(answer.headers().firstValue("Server").orElse("")).startsWith("Regild");
      assertThat(answer.body()).contains("write https://");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 40})
  void aClientThatStallsInTheHandshakeIsEnded(int bytes) throws Exception {
    try (ServerTls tls = open(Clock.systemUTC());
        Front front = new Front(tls, Duration.ofSeconds(1));
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), front.port())) {
      socket.setSoTimeout(120_000);
      byte[] begun = new byte[bytes];
      if (bytes > 0) {
        begun[0] = 0x16;
      }
      if (bytes > 5) {
        // The head of a record of 512 bytes, of which fewer follow.
        begun[1] = 3;
        begun[2] = 1;
        begun[3] = 2;
      }
      socket.getOutputStream().write(begun);
      assertThat(endOf(socket)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void aClientBeyondTheLimitIsToldToWait(String protocol) throws Exception {
    try (ServerTls tls = open(Clock.systemUTC());
        Front front = new Front(tls, UNHURRIED, 1);
        SSLSocket working = connect(front, protocol)) {
      working
          .getOutputStream()
          .write(
              "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
                  .getBytes(UTF_8));
      assertThat(new String(working.getInputStream().readNBytes(12), UTF_8))
          .isEqualTo("HTTP/1.1 100");
      try (SSLSocket more = connect(front, protocol)) {
        more.getOutputStream().write("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
        assertThat(new String(more.getInputStream().readAllBytes(), UTF_8))
            .startsWith("HTTP/1.1 503 ")
            .contains("\r\nServer: Regild")
            .contains("The server has too many connections");
      }
    }
  }

  private SSLSocket connect(Front front, String protocol) throws Exception {
    SSLSocket socket =
        (SSLSocket)
            trusting(ServerTls.ownCertificate(directory))
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), front.port());
    socket.setSoTimeout(120_000);
    socket.setEnabledProtocols(new String[] {protocol});
    return socket;
  }

  @Test
  void aSecondHandshakeIsRefused() throws Exception {
    try (ServerTls tls = open(Clock.systemUTC());
        Front front = new Front(tls, UNHURRIED);
        SSLSocket socket = connect(front, "TLSv1.2")) {
      socket.startHandshake();
      socket.getOutputStream().write("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
      assertThat(socket.getInputStream().read()).isEqualTo('H');
      assertThatThrownBy(
              () -> {
                socket.startHandshake();
                socket.getInputStream().readAllBytes();
                socket.getOutputStream().write(1);
                throw new SSLException("went on", new AssertionError("the handshake went on"));
              })
          .isInstanceOf(IOException.class)
          .hasNoCause();
    }
  }

  @Test
  void changedFilesAreInForceWithoutAFailedRequest() throws Exception {
    Path certificate = directory.resolve("certificate.pem");
    Path key = directory.resolve("key.pem");
    SelfSigned.write(certificate, key, Clock.systemUTC());
    Path first = Files.copy(certificate, directory.resolve("first.pem"));
    Path second = directory.resolve("second.pem");
    Path secondKey = directory.resolve("second-key.pem");
    SelfSigned.write(second, secondKey, Clock.systemUTC());
    SSLContext either =
        TlsContext.of(
            NO_KEYS,
            Optional.of(
                List.of(
                    PemFile.read(first).certificates().getFirst(),
                    PemFile.read(second).certificates().getFirst())));
    Config.Tls settings =
        new Config.Tls(
            Config.TlsMode.AUTO, Optional.of(certificate), Optional.of(key), Optional.empty());
    try (ServerTls tls =
            ServerTls.open(settings, LOCAL, directory, Clock.systemUTC(), PAUSE).orElseThrow();
        Front front = new Front(tls, UNHURRIED);
        HttpClient kept = client(either, "TLSv1.3")) {
      // While only one of both is there, the first pair stays in force.
      Files.move(second, certificate, StandardCopyOption.REPLACE_EXISTING);
      for (int i = 0; i < 5; i++) {
        assertThat(get(either, front)).isEqualTo(200);
        assertThat(get(kept, front)).isEqualTo(200);
        Thread.sleep(100);
      }
      assertThat(get(trusting(first), front)).isEqualTo(200);
      Files.move(secondKey, key, StandardCopyOption.REPLACE_EXISTING);
      SSLContext onlySecond = trusting(certificate);
      awaitTrue(() -> {
        assertThat(get(either, front)).isEqualTo(200);
        assertThat(get(kept, front)).isEqualTo(200);
        return accepts(onlySecond, front);
      });
    }
  }

  @Test
  void aClientWithoutACertificateIsRefusedWhereOneIsAskedFor() throws Exception {
    Path certificate = directory.resolve("client.pem");
    Path key = directory.resolve("client-key.pem");
    SelfSigned.write(certificate, key, Clock.systemUTC());
    Config.Tls settings =
        new Config.Tls(
            Config.TlsMode.AUTO, Optional.empty(), Optional.empty(), Optional.of(certificate));
    try (ServerTls tls =
            ServerTls.open(settings, LOCAL, directory, Clock.systemUTC(), PAUSE).orElseThrow();
        Front front = new Front(tls, UNHURRIED)) {
      List<X509Certificate> server =
          PemFile.read(ServerTls.ownCertificate(directory)).certificates();
      SSLContext unknown = TlsContext.of(NO_KEYS, Optional.of(server));
      assertThatThrownBy(() -> get(unknown, front)).isInstanceOf(IOException.class);
      SSLContext known =
          TlsContext.of(
              TlsContext.keys(PemFile.read(key).key(), PemFile.read(certificate).certificates()),
              Optional.of(server));
      assertThat(get(known, front)).isEqualTo(200);
    }
  }

  @Test
  void filesThatCantBeUsedAreNamed() throws Exception {
    Path certificate = directory.resolve("certificate.pem");
    Path key = directory.resolve("key.pem");
    SelfSigned.write(certificate, key, Clock.systemUTC());
    Path other = directory.resolve("other-key.pem");
    SelfSigned.write(directory.resolve("other.pem"), other, Clock.systemUTC());
    assertRefused(certificate, other, "does not belong to the certificate in " + certificate);
    assertRefused(key, key, key + " has no certificate");
    assertRefused(certificate, certificate, certificate + " has no private key");
    assertRefused(directory.resolve("missing"), key, "missing can't be read");
  }

  private void assertRefused(Path certificate, Path key, String words) {
    Config.Tls settings =
        new Config.Tls(
            Config.TlsMode.ON, Optional.of(certificate), Optional.of(key), Optional.empty());
    assertThatThrownBy(() -> ServerTls.open(settings, LOCAL, directory, Clock.systemUTC(), PAUSE))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(words);
  }

  private ServerTls open(Clock clock) throws Exception {
    return ServerTls.open(mode(Config.TlsMode.ON), LOCAL, directory, clock, PAUSE).orElseThrow();
  }

  private static Config.Tls mode(Config.TlsMode mode) {
    return new Config.Tls(mode, Optional.empty(), Optional.empty(), Optional.empty());
  }

  private static SSLContext trusting(Path certificate) throws Exception {
    return TlsContext.of(NO_KEYS, Optional.of(PemFile.read(certificate).certificates()));
  }

  private static HttpClient client(SSLContext context, String protocol) {
    var parameters = context.getDefaultSSLParameters();
    parameters.setProtocols(new String[] {protocol});
    return HttpClient.newBuilder().sslContext(context).sslParameters(parameters).build();
  }

  /** On a new connection. */
  private static int get(SSLContext context, Front front) throws Exception {
    try (HttpClient client = client(context, "TLSv1.3")) {
      return get(client, front);
    }
  }

  private static int get(HttpClient client, Front front) throws Exception {
    return client
        .send(HttpRequest.newBuilder(front.uri("https")).build(), BodyHandlers.discarding())
        .statusCode();
  }

  private static boolean accepts(SSLContext context, Front front) throws Exception {
    try {
      return get(context, front) == 200;
    } catch (SSLException e) {
      return false;
    }
  }

  private static boolean endOf(Socket socket) {
    try (InputStream in = socket.getInputStream()) {
      in.readAllBytes();
      return true;
    } catch (IOException e) {
      return e.getMessage().contains("reset");
    }
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void awaitTrue(Condition condition) throws Exception {
    long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(100);
    }
  }

  /** A server that answers with what it gets. */
  private final class Front implements AutoCloseable {
    private final Metrics metrics = new Metrics();
    private final AuditLog audit;
    private final HttpFront front;

    Front(ServerTls tls, Duration headTimeLimit) throws Exception {
      this(tls, headTimeLimit, 64);
    }

    Front(ServerTls tls, Duration headTimeLimit, int connections) throws Exception {
      audit =
          AuditLog.open(
              Files.createDirectories(directory.resolve("audit")),
              AuditLog.Limits.of(new ByteSize(1 << 20)),
              Clock.systemUTC());
      HttpService echo =
          rules ->
              rules
                  .get("/echo", (_, response) -> response.send("hello"))
                  .post(
                      "/echo",
                      (request, response) -> response.send(request.content().as(byte[].class)));
      Config.Http limits =
          new Config.Http(
              connections,
              connections,
              headTimeLimit,
              Duration.ofSeconds(30),
              Duration.ofSeconds(30),
              new ByteSize(4096));
      front =
          HttpFront.start(
              LOCAL, Optional.of(tls), limits, metrics, audit, List.of(echo), Duration.ZERO);
    }

    int port() {
      return front.port();
    }

    URI uri(String scheme) {
      return URI.create("%s://127.0.0.1:%d/echo".formatted(scheme, port()));
    }

    @Override
    public void close() throws IOException {
      front.close();
      audit.close();
      metrics.close();
    }
  }
}
