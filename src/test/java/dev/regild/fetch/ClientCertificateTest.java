package dev.regild.fetch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.fixtures.HostTools;
import dev.regild.fixtures.RpmPackages;
import dev.regild.machine.Program;
import dev.regild.rpm.RpmSource;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A repository behind a server that wants certificates, which openssl makes. */
class ClientCertificateTest {
  private static final String PASSWORD = "changeit";

  /** What every test begins with: a repository, and certificates of an authority, "ours". */
  @TempDir static Path made;

  @TempDir Path directory;
  private HttpsServer server;
  private ChannelStore channels;

  @BeforeEach
  void serveToThoseWithACertificate() throws Exception {
    RpmPackages.assumeTools();
    HostTools.assumeInstalled("openssl");
    if (Files.notExists(made.resolve("RPMS"))) {
      authority("ours");
      certificate("server", "ours", "3650");
      certificate("client", "ours", "30");
      RpmPackages.build(directory, "alpha", "0", "1.0", "1");
      RpmPackages.index(directory.resolve("RPMS"), 1_700_000_000);
      copy(directory, made);
    } else {
      copy(made, directory);
    }
    Path root = directory.resolve("RPMS");
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    SSLContext context = context();
    server.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters wanted = context.getDefaultSSLParameters();
            wanted.setNeedClientAuth(true);
            parameters.setSSLParameters(wanted);
          }
        });
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            String path = exchange.getRequestURI().getPath();
            Path file = root.resolve(path.substring(1)).normalize();
            byte[] content = Files.isRegularFile(file) ? Files.readAllBytes(file) : new byte[0];
            exchange.sendResponseHeaders(
                content.length == 0 ? 404 : 200, content.length == 0 ? -1 : content.length);
            exchange.getResponseBody().write(content);
          }
        });
    server.start();
    channels =
        new ChannelStore(
            directory.resolve("data"),
            Clock.systemUTC(),
            new Transport(
                directory.resolve("data"),
                Duration.ofMillis(1),
                TestPace.silence(Duration.ofMinutes(1))));
  }

  private static void copy(Path from, Path to) throws Exception {
    Program.of("cp", "-a", from + "/.", to.toString()).run();
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.stop(0);
    }
  }

  @Test
  void everyUsualFormOfKeyOpensTheRepositoryAndIsKeptAsASecret() throws Exception {
    Path key = directory.resolve("client.key");
    openssl("genpkey", "-algorithm", "RSA", "-out", key);
    signed("client", "ours", "30");
    Path pkcs1 = directory.resolve("client.pkcs1");
    openssl("rsa", "-in", key, "-traditional", "-out", pkcs1);
    assertThat(pkcs1).content().contains("BEGIN RSA PRIVATE KEY");
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", directory.resolve("ec.key"));
    assertThat(directory.resolve("ec.key")).content().contains("BEGIN EC PRIVATE KEY");
    signed("ec", "ours", "30");
    openssl("genpkey", "-algorithm", "ed25519", "-out", directory.resolve("ed.key"));
    signed("ed", "ours", "30");
    for (List<String> each :
        List.of(
            List.of("client.crt", "client.key"),
            List.of("client.crt", "client.pkcs1"),
            List.of("ec.crt", "ec.key"),
            List.of("ed.crt", "ed.key"))) {
      add(each.get(0), each.get(1));
      assertThat(channels.refresh("rocky")).isNotNull();
      assertKeptAsSecret(Files.readAllLines(directory.resolve(each.get(1))).reversed().get(1));
      channels.remove("rocky");
      assertThat(directory.resolve("data/client-certificates/rocky")).doesNotExist();
    }
  }

  @Test
  void aChainAmongTextAndForeignBlocksIsShownWhole() throws Exception {
    certificate("between", "ours", "30", "basicConstraints=critical,CA:true");
    certificate("client", "between", "30");
    Path certificate = directory.resolve("client.crt");
    add("client.crt", "client.key");
    assertThatThrownBy(() -> channels.refresh("rocky")).isInstanceOf(ChannelException.class);
    channels.remove("rocky");
    String data = Base64.getMimeEncoder().encodeToString(new byte[100]);
    Files.writeString(
        certificate,
        """
        Certificate of José
        %s-----BEGIN ENTITLEMENT DATA-----
        %s
        -----END ENTITLEMENT DATA-----
        %s\
        """
            .formatted(
                Files.readString(certificate),
                data,
                Files.readString(directory.resolve("between.crt"))));
    add("client.crt", "client.key");
    assertThat(channels.refresh("rocky")).isNotNull();
  }

  /** The line of a key is in one file of the data directory only. */
  private void assertKeptAsSecret(String line) throws Exception {
    List<Path> holding = new ArrayList<>();
    try (Stream<Path> files = Files.walk(directory.resolve("data"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (Files.readString(file, ISO_8859_1).contains(line)) {
          holding.add(file);
        }
      }
    }
    Path kept = directory.resolve("data/client-certificates/rocky/key.pem");
    assertThat(holding).containsExactly(kept);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)))
        .isEqualTo("rw-------");
  }

  @Test
  void withoutACertificateOrWithAnothersTheServersWordsAreExplained() throws Exception {
    authority("other");
    certificate("client", "other", "30");
    add("client.crt", "client.key");
    assertThatThrownBy(() -> channels.refresh("rocky"))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("certificate")
        .hasMessageContaining("--client-cert");
    channels.remove("rocky");
    channels.add(channel());
    assertThatThrownBy(() -> channels.refresh("rocky"))
        .hasMessageContaining("the server's certificate is not trusted")
        .hasMessageContaining("--ca-cert");
  }

  @Test
  void aCertificateIsShownBelowItsRepositoryOnly() throws Exception {
    add("client.crt", "client.key");
    ClientIdentities identities = ClientIdentities.in(directory.resolve("data"));
    assertThat(identities.of(URI.create(uri() + "/repodata/repomd.xml"))).isPresent();
    for (String other :
        List.of(
            "https://other.example/x",
            uri() + "0/x",
            uri().replace("https", "http") + "/x",
            uri() + "@evil.example/x")) {
      assertThat(identities.of(URI.create(other))).as(other).isEmpty();
    }
  }

  @Test
  void theCertificateOfTheNearestUriIsShown() throws Exception {
    Channel near =
        new Channel("near", "ROCKY_LINUX8", List.of(new RpmSource(uri() + "/near/", "x86_64", "")));
    add("client.crt", "client.key");
    channels.add(near, Optional.of(files("client.crt", "client.key")));
    Path kept = directory.resolve("data/client-certificates");
    ClientIdentities identities = ClientIdentities.in(directory.resolve("data"));
    URI uri = URI.create(uri() + "/near/repodata/repomd.xml");
    Files.writeString(kept.resolve("rocky/certificate.pem"), "damaged");
    assertThat(identities.of(uri)).isPresent();
    // A list of mirrors covers its whole server; its channel may come first by name.
    Files.move(kept.resolve("rocky"), kept.resolve("alma"));
    assertThat(identities.of(uri)).isPresent();
    assertThatThrownBy(() -> identities.of(URI.create(uri() + "/x"))).hasMessageContaining("alma");
  }

  @Test
  void noKeyStaysOfAChannelThatCouldNotBeAdded() throws Exception {
    // So long that a certificate's path still fits, and that of a channel's new file doesn't.
    Path data = directory;
    int length = 4095 - "/client-certificates/rocky/certificate.pem".length() - 5;
    while (data.toString().length() < length - 201) {
      data = data.resolve("d".repeat(180));
    }
    data = data.resolve("d".repeat(length - data.toString().length() - 1));
    ChannelStore deep = new ChannelStore(Files.createDirectories(data), Clock.systemUTC());
    Path kept = data.resolve("client-certificates/rocky");
    assertThatThrownBy(() -> deep.add(channel(), Optional.of(files("client.crt", "client.key"))))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("File name too long");
    assertThat(kept).doesNotExist();
  }

  @Test
  void whatACrashLeftIsNotTheCertificateOfALaterChannel() throws Exception {
    add("client.crt", "client.key");
    Files.delete(directory.resolve("data/channels/rocky.yaml"));
    channels.add(channel());
    assertThat(directory.resolve("data/client-certificates/rocky")).doesNotExist();
  }

  @Test
  void aDamagedCertificateStopsRequestsOfItsOwnChannelOnly() throws Exception {
    add("client.crt", "client.key");
    Path other =
        Files.createDirectory(directory.resolve("data/client-certificates/another-channel"));
    Files.writeString(other.resolve("uris"), "https://other.example/\n");
    Files.writeString(other.resolve("certificate.pem"), "damaged");
    ClientIdentities identities = ClientIdentities.in(directory.resolve("data"));
    assertThat(identities.of(URI.create(uri() + "/repodata/repomd.xml"))).isPresent();
    assertThatThrownBy(() -> identities.of(URI.create("https://other.example/x")))
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("another-channel");
  }

  @Test
  void whatCantBeUsedIsRefusedWhenTheChannelIsAdded() throws Exception {
    certificate("another", "ours", "30");
    openssl(
        "pkey",
        "-in",
        directory.resolve("client.key"),
        "-aes256",
        "-passout",
        "pass:s3cret",
        "-out",
        directory.resolve("locked.key"));
    openssl(
        "ec",
        "-in",
        directory.resolve("client.key"),
        "-aes256",
        "-passout",
        "pass:s3cret",
        "-out",
        directory.resolve("locked1.key"));
    expired("old", "ours");
    assertRefused("client.crt", "locked.key", "is encrypted");
    assertRefused("client.crt", "locked1.key", "openssl pkey");
    assertRefused("client.crt", "another.key", "is not the key of the certificate");
    assertRefused("client.key", "client.key", "has no certificate");
    assertRefused("client.crt", "client.crt", "has no private key");
    Files.writeString(
        directory.resolve("damaged.key"),
        "-----BEGIN PRIVATE KEY-----\nc2VjcmV0!\n-----END PRIVATE KEY-----\n");
    assertRefused("client.crt", "damaged.key", "get a new copy");
    Files.writeString(
        directory.resolve("other.key"),
        "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");
    assertRefused("client.crt", "other.key", "damaged or of an unknown kind");
    assertRefused("old.crt", "old.key", "expired at 2020-01-02T00:00:00Z");
    assertThat(channels.find("rocky")).isEmpty();
  }

  @Test
  void aCertificateThatExpiresLaterIsNamedWithItsEnd() throws Exception {
    expired("old", "ours");
    add("client.crt", "client.key");
    Path kept = directory.resolve("data/client-certificates/rocky");
    Files.copy(directory.resolve("old.crt"), kept.resolve("certificate.pem"), REPLACE_EXISTING);
    Files.copy(directory.resolve("old.key"), kept.resolve("key.pem"), REPLACE_EXISTING);
    assertThatThrownBy(() -> channels.refresh("rocky"))
        .hasMessageContaining("channel 'rocky' expired at 2020-01-02T00:00:00Z")
        .hasMessageContaining("add it again");
  }

  private void assertRefused(String certificate, String key, String why) {
    assertThatThrownBy(() -> add(certificate, key))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining(why);
  }

  private void add(String certificate, String key) throws Exception {
    channels.add(channel(), Optional.of(files(certificate, key)));
  }

  private ClientCertificate files(String certificate, String key) {
    return new ClientCertificate(
        directory.resolve(certificate),
        directory.resolve(key),
        Optional.of(directory.resolve("ours.crt")));
  }

  private Channel channel() {
    return new Channel("rocky", "ROCKY_LINUX8", List.of(new RpmSource(uri(), "x86_64", "")));
  }

  private String uri() {
    return "https://localhost:" + server.getAddress().getPort();
  }

  private void authority(String name) throws Exception {
    openssl(
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-subj",
        "/CN=" + name,
        "-days",
        "3650",
        "-keyout",
        directory.resolve(name + ".key"),
        "-out",
        directory.resolve(name + ".crt"));
  }

  private void certificate(String name, String issuer, String days, String... extensions)
      throws Exception {
    key(name);
    signed(name, issuer, days, extensions);
  }

  private void signed(String name, String issuer, String days, String... extensions)
      throws Exception {
    request(name);
    sign(name, issuer, days, extensions);
  }

  private void expired(String name, String issuer) throws Exception {
    key(name);
    request(name);
    Path configuration =
        Files.writeString(
            directory.resolve("ca.cnf"),
            """
            [ca]
            default_ca = here
            [here]
            database = %1$s/index
            new_certs_dir = %1$s
            rand_serial = yes
            default_md = sha256
            policy = any
            [any]
            commonName = supplied
            """
                .formatted(directory));
    Files.writeString(directory.resolve("index"), "");
    openssl(
        "ca",
        "-batch",
        "-config",
        configuration,
        "-startdate",
        "20200101000000Z",
        "-enddate",
        "20200102000000Z",
        "-in",
        directory.resolve(name + ".csr"),
        "-notext",
        "-cert",
        directory.resolve(issuer + ".crt"),
        "-keyfile",
        directory.resolve(issuer + ".key"),
        "-out",
        directory.resolve(name + ".crt"));
  }

  private void key(String name) throws Exception {
    openssl(
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-out",
        directory.resolve(name + ".key"));
  }

  private void request(String name) throws Exception {
    openssl(
        "req",
        "-new",
        "-key",
        directory.resolve(name + ".key"),
        "-subj",
        "/CN=" + name,
        "-out",
        directory.resolve(name + ".csr"));
  }

  private void sign(String name, String issuer, String days, String... extensions)
      throws Exception {
    Path wanted =
        Files.writeString(
            directory.resolve("extensions"),
            "subjectAltName=DNS:localhost\n" + String.join("\n", extensions));
    openssl(
        "x509",
        "-req",
        "-in",
        directory.resolve(name + ".csr"),
        "-CA",
        directory.resolve(issuer + ".crt"),
        "-CAkey",
        directory.resolve(issuer + ".key"),
        "-CAcreateserial",
        "-extfile",
        wanted,
        "-days",
        days,
        "-out",
        directory.resolve(name + ".crt"));
  }

  private static void openssl(Object... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add("openssl");
    for (Object each : arguments) {
      command.add(each.toString());
    }
    Program.of(command).run();
  }

  private SSLContext context() throws Exception {
    Path file = directory.resolve("server.p12");
    openssl(
        "pkcs12",
        "-export",
        "-inkey",
        directory.resolve("server.key"),
        "-in",
        directory.resolve("server.crt"),
        "-passout",
        "pass:" + PASSWORD,
        "-out",
        file);
    KeyStore own = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      own.load(in, PASSWORD.toCharArray());
    }
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry(
        "ours", PemFile.read(directory.resolve("ours.crt")).certificates().getFirst());
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, PASSWORD.toCharArray());
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }
}
