package dev.regild.fetch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import com.sun.net.httpserver.SimpleFileServer;
import dev.regild.apt.AptShape;
import dev.regild.apt.AptSource;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.Snapshot;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.fixtures.HostTools;
import dev.regild.fixtures.TlsKeys;
import dev.regild.fixtures.TunnelProxy;
import dev.regild.rpm.RpmSource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Repositories behind proxies and private authorities: real servers for each. */
class RoutesTest {
  private static final String AUTHORIZATION =
      "Basic " + Base64.getEncoder().encodeToString("user:s3cret".getBytes(UTF_8));
  private static final String INSTALLED_AT = "/pool/main/b/bash/bash_5.2-1_amd64.deb";

  @TempDir Path temporary;
  private TestKey key;
  private Path data;

  /** Serves what it has under whatever host is asked for: a proxy's part, too. */
  private TestRepository repository;

  @BeforeEach
  void serve() throws Exception {
    key = TestKey.simple();
    data = temporary.resolve("data");
    repository = new TestRepository(Files.createDirectory(temporary.resolve("repository")));
    AptShape.ONLY_XZ.publish(repository.root, key);
  }

  @AfterEach
  void stop() {
    repository.close();
  }

  @Test
  void indexesAndPackagesComeThroughTheProxyThatTheSourceNames() throws Exception {
    fetchAll(quick(), "http://repo.example", new Route(repository.uri(), ""));
    assertThat(repository.takeAnswers())
        .contains("200 /dists/stable/InRelease", "200 " + INSTALLED_AT);
  }

  @Test
  void channelsWithTheSameRepositoryAndOtherRoutesKeepTheirOwn() throws Exception {
    ChannelStore channels = new ChannelStore(data, Clock.systemUTC(), quick());
    for (Route route : List.of(new Route(repository.uri(), ""), new Route(Route.DIRECT, ""))) {
      String name = route.proxy().equals(Route.DIRECT) ? "direct" : "proxied";
      AptSource source = AptShape.ONLY_XZ.source(repository.uri(), key).by(route);
      channels.add(new Channel(name, "DEBIAN_12", List.of(source)));
    }
    for (int i = 0; i < 2; i++) {
      channels.refresh("proxied");
      channels.refresh("direct");
    }
    String asked = repository.uri() + INSTALLED_AT;
    for (Map.Entry<String, String> each :
        Map.of("proxied", repository.uri(), "direct", Route.DIRECT).entrySet()) {
      Snapshot snapshot = channels.current(each.getKey()).orElseThrow();
      assertThat(snapshot.packageFiles(Set.of(asked)).get(asked).route())
          .as(each.getKey())
          .isEqualTo(new Route(each.getValue(), ""));
    }
  }

  @Test
  void theEnvironmentNamesTheProxyAndWhatIsExempt() throws Exception {
    Map<String, String> environment =
        Map.of("http_proxy", repository.uri(), "no_proxy", "other.example, .exempt.example");
    fetchAll(quick().withEnvironment(environment), "http://repo.example", Route.DEFAULT);
    assertThat(repository.takeAnswers()).isNotEmpty();
    assertThatThrownBy(() ->
            refresh(
                new Transport(data, Duration.ofMillis(1), TestPace.silence(Duration.ofSeconds(1)))
                    .withEnvironment(environment),
                "http://a.exempt.example.invalid",
                new Route(Route.DIRECT, "")))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("could not be read in 3 attempts");
    assertThat(repository.takeAnswers()).isEmpty();
  }

  @Test
  void aProxyThatWantsAPasswordGetsItFromTheCredentialsAndElseTheErrorSaysSo() throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    repository.overrides.put(
        "/dists/stable/InRelease",
        exchange -> {
          String said = exchange.getRequestHeaders().getFirst("Proxy-Authorization");
          seen.add(String.valueOf(said));
          if (said == null) {
            exchange.getResponseHeaders().set("Proxy-Authenticate", "Basic realm=x");
            repository.send(exchange, 407, new byte[0]);
          }
          return said == null;
        });
    Route route = new Route(repository.uri(), "");
    assertThatThrownBy(() -> refresh(quick(), "http://repo.example", route))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining(
            "the proxy %s requires a user and a password; write 'machine %s login"
                .formatted(repository.uri(), repository.uri()));
    secrets("machine " + repository.uri() + " login user password s3cret");
    refresh(quick(), "http://repo.example", route);
    assertThat(seen).containsExactly("null", AUTHORIZATION);
    String own = repository.uri().replace("http://", "http://user:s3cret@");
    Files.delete(data.resolve("auth.conf"));
    refresh(
        quick().withEnvironment(Map.of("http_proxy", own)), "http://repo.example", Route.DEFAULT);
    assertThat(seen).endsWith(AUTHORIZATION);
  }

  @Test
  void aPrivateAuthorityAloneIsEnoughForBothKindsOfRepository() throws Exception {
    try (TlsServer server = new TlsServer(temporary, repository.root)) {
      Route route = new Route("", server.authority().toString());
      fetchAll(quick(), server.uri(), route);
      assertThatThrownBy(() -> refresh(quick(), server.uri(), Route.DEFAULT))
          .isInstanceOf(ChannelException.class)
          .hasMessageContaining("the server's certificate is not trusted")
          .hasMessageContaining("--ca-cert or ca-cert");
      RpmSource rpm =
          new RpmSource(RpmSource.Locator.BASEURL, server.uri(), "x86_64", "", false, route);
      ChannelStore channels = new ChannelStore(data, Clock.systemUTC(), quick());
      channels.add(new Channel("rocky", "ROCKY_LINUX8", List.of(rpm)));
      assertThat(channels.find("rocky").orElseThrow().sources()).containsExactly(rpm);
      assertThatThrownBy(() -> channels.refresh("rocky"))
          .as("it is asked, and there is none")
          .hasMessageContaining("repomd.xml does not exist (HTTP 404)");
      Files.writeString(server.authority(), "none");
      assertThatThrownBy(() -> refresh(quick(), server.uri(), route))
          .isInstanceOf(ChannelException.class)
          .hasMessageContaining(server.authority().toString());
    }
  }

  @Test
  void aTunnelThroughAProxyThatWantsAPasswordLeadsToAPrivateServer() throws Exception {
    try (TlsServer server = new TlsServer(temporary, repository.root);
        TunnelProxy proxy = new TunnelProxy(server.port(), AUTHORIZATION)) {
      Route route = new Route(proxy.uri(), server.authority().toString());
      String uri = "https://repo.example:" + server.port();
      assertThatThrownBy(() -> refresh(quick(), uri, route))
          .isInstanceOf(ChannelException.class)
          .hasMessageContaining("the proxy " + proxy.uri() + " requires a user and a password");
      secrets("machine " + proxy.uri() + " login user password s3cret");
      fetchAll(quick(), uri, route);
      assertThat(proxy.asked())
          .contains("CONNECT repo.example:" + server.port() + " HTTP/1.1 " + AUTHORIZATION);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "http://a.example/x, '', http://p.example:3128",
    "http://a.example/x, 'a.example', direct",
    "http://sub.a.example/x, 'a.example', direct",
    "http://sub.a.example/x, '.a.example', direct",
    "http://sub.a.example/x, '*.a.example', direct",
    "http://ba.example/x, 'a.example', http://p.example:3128",
    "http://a.example:8080/x, 'a.example:8080', direct",
    "http://a.example/x, 'a.example:8080', http://p.example:3128",
    "http://10.1.2.3/x, '10.0.0.0/8', direct",
    "http://11.1.2.3/x, '10.0.0.0/8', http://p.example:3128",
    "http://a.example/x, '*', direct",
    "http://127.0.0.1/x, '', direct",
    "http://[::1]/x, '', direct",
    "https://a.example/x, '', http://s.example:80"
  })
  void whatIsExemptIsAskedDirectly(URI uri, String exempt, String expected) {
    Proxies proxies =
        new Proxies(
            "",
            Map.of(
                "http_proxy", "p.example:3128",
                "HTTPS_PROXY", "http://s.example/",
                "HTTP_PROXY", "http://never.example",
                "no_proxy", exempt));
    assertThat(proxies.of(uri).map(ProxyAddress::plain).orElse("direct")).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://s3cret.example", "socks5h://s3cret.example", "http://u:s3cret@p.example:3128",
        "http://p.example:3128/s3cret", "http://:s3cret", "s3cret p"
      })
  void aProxyThatCantBeUsedIsRefusedWithoutItsPassword(String address) {
    assertThatThrownBy(() -> new Route(address, ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("proxy: ")
        .hasMessageNotContaining("s3cret");
  }

  private void fetchAll(Transport transport, String uri, Route route) throws Exception {
    ChannelStore channels = refresh(transport, uri, route);
    String asked = uri + INSTALLED_AT;
    Snapshot snapshot = channels.current("test").orElseThrow();
    PackageFile file = snapshot.packageFiles(Set.of(asked)).get(asked);
    PackageCache cache = new PackageCache(temporary.resolve("cache"), transport);
    assertThat(cache.fetch(List.of(file), 1, _ -> {}).get(file)).isNotEmptyFile();
  }

  private ChannelStore refresh(Transport transport, String uri, Route route) throws Exception {
    ChannelStore channels = new ChannelStore(data, Clock.systemUTC(), transport);
    if (channels.find("test").isPresent()) {
      channels.remove("test");
    }
    AptSource source = AptShape.ONLY_XZ.source(uri, key).by(route);
    channels.add(new Channel("test", "DEBIAN_12", List.of(source)));
    channels.refresh("test");
    return channels;
  }

  private Transport quick() {
    return new Transport(data, Duration.ofMillis(1), TestPace.silence(Duration.ofMinutes(1)));
  }

  private void secrets(String text) throws IOException {
    Files.createDirectories(data);
    Path file = Files.writeString(data.resolve("auth.conf"), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  /** Has a certificate of its own for repo.example and 127.0.0.1. */
  private static final class TlsServer implements AutoCloseable {
    private final HttpsServer server;
    private final Path authority;

    TlsServer(Path directory, Path root) throws Exception {
      HostTools.assumeInstalled("openssl");
      TlsKeys keys = TlsKeys.make(directory.resolve("tls"), "DNS:repo.example,IP:127.0.0.1");
      authority = keys.authority();
      server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.setHttpsConfigurator(new HttpsConfigurator(keys.context()));
      server.createContext("/", SimpleFileServer.createFileHandler(root));
      server.start();
    }

    Path authority() {
      return authority;
    }

    int port() {
      return server.getAddress().getPort();
    }

    String uri() {
      return "https://127.0.0.1:" + port();
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }
}
