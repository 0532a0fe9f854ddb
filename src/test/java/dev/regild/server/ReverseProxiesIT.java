package dev.regild.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.HostTools;
import dev.regild.server.RawConnection.Answer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.appstream.AppStreamClient;

/**
 * A real nginx and a real haproxy in front of a server. Both speak HTTP/1.0 unless they are told
 * otherwise: a witness, a server that records what it is asked, shows that they still do.
 */
@ExtendWith(RunningServer.class)
class ReverseProxiesIT {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private static ServerFixture server;

  @TempDir Path directory;
  private final List<Process> proxies = new ArrayList<>();
  private Witness witness;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    HostTools.assumeInstalled("nginx", "haproxy");
    server = running;
    server.golden("us-east-1", "golden");
    try (AppStreamClient client = server.client("us-east-1")) {
      client.createUpdatedImage(r -> r.existingImageName("golden").newImageName("renewed"));
    }
  }

  @BeforeEach
  void listen() throws Exception {
    witness = new Witness();
  }

  @AfterEach
  void end() throws Exception {
    witness.close();
    for (Process each : proxies) {
      each.destroyForcibly().waitFor();
    }
  }

  @Test
  void nginxProxiesWithHttp10() throws Exception {
    int port = freePort();
    run(
        "nginx",
        """
        daemon off;
        master_process off;
        pid %1$s/pid;
        events {}
        http {
          access_log off;
          client_body_temp_path %1$s;
          proxy_temp_path %1$s;
          fastcgi_temp_path %1$s;
          scgi_temp_path %1$s;
          uwsgi_temp_path %1$s;
          proxy_buffering off;
          proxy_set_header Host $http_host;
          server {
            listen 127.0.0.1:%2$d;
            location / { proxy_pass http://127.0.0.1:%3$d; }
            location /witness { proxy_pass http://127.0.0.1:%4$d; }
          }
        }
        """
            .formatted(directory, port, server.port(), witness.port()),
        port,
        "nginx",
        "-e",
        "stderr",
        "-c");
    get(port, "/witness");
    assertThat(witness.asked()).startsWith("GET /witness HTTP/1.0\r\n");

    assertThat(get(port, "/health/ready")).contains("\"UP\"");
    assertCallsAreAnswered(port);
    try (RawConnection events = new RawConnection(port)) {
      events
          .write(
              SignedGet.of(server.key, "/regild/v1/updates/renewed", "Accept: text/event-stream"))
          .await("data: {");
    }
  }

  @Test
  void haproxyChecksWithHttp10WithoutAHost() throws Exception {
    int port = freePort();
    int statistics = freePort();
    run(
        "haproxy",
        """
        defaults
          mode http
          timeout connect 5s
          timeout client 20s
          timeout server 20s
        listen regild
          bind 127.0.0.1:%d
          option httpchk GET /health/ready
          server regild 127.0.0.1:%d check inter 200ms
          server witness 127.0.0.1:%d check inter 200ms weight 0
        listen statistics
          bind 127.0.0.1:%d
          stats enable
          stats uri /
        """
            .formatted(port, server.port(), witness.port(), statistics),
        statistics,
        "haproxy",
        "-db",
        "-f");
    assertThat(witness.asked())
        .startsWith("GET /health/ready HTTP/1.0\r\n")
        .doesNotContainIgnoringCase("host:");

    awaitChecked(statistics);
    assertCallsAreAnswered(port);
  }

  /** Until haproxy has read an answer to its check, not only reached the server. */
  private static void awaitChecked(int statistics) throws Exception {
    long end = System.nanoTime() + LIMIT.toNanos();
    String line = "";
    while (!line.contains(",L7OK,200,")) {
      assertThat(System.nanoTime()).as(line).isLessThan(end);
      Thread.sleep(100);
      line =
          get(statistics, "/;csv")
              .lines()
              .filter(each -> each.startsWith("regild,regild,"))
              .findFirst()
              .orElseThrow();
    }
    assertThat(line).contains(",UP,");
  }

  /** One after another on the client's connection, although the proxy's ends with each answer. */
  private static void assertCallsAreAnswered(int port) throws IOException {
    try (RawConnection connection = new RawConnection(port)) {
      for (int i = 0; i < 3; i++) {
        SignedRequest call =
            SignedRequest.of(server.key, "DescribeImages", "{\"Names\":[\"golden\"]}");
        Answer answer = connection.write(call.bytes()).read();
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("\"Name\":\"golden\"");
      }
    }
  }

  private static String get(int port, String path) throws Exception {
    var connection =
        URI.create("http://127.0.0.1:%d%s".formatted(port, path)).toURL().openConnection();
    connection.setReadTimeout((int) LIMIT.toMillis());
    try (InputStream body = connection.getInputStream()) {
      return new String(body.readAllBytes(), UTF_8);
    }
  }

  /** Starts a proxy with a configuration, and waits until it listens. */
  private void run(String name, String configuration, int port, String... command)
      throws Exception {
    Path file = Files.writeString(directory.resolve(name + ".conf"), configuration);
    Path log = directory.resolve(name + ".log");
    List<String> all = new ArrayList<>(List.of(command));
    all.add(file.toString());
    ProcessBuilder builder = new ProcessBuilder(all).redirectErrorStream(true);
    builder.command().set(0, "/usr/sbin/" + command[0]);
    Process proxy = builder.redirectOutput(log.toFile()).start();
    proxies.add(proxy);
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!listens(port)) {
      assertThat(proxy.isAlive()).as(Files.readString(log)).isTrue();
      assertThat(System.nanoTime()).as(Files.readString(log)).isLessThan(end);
      Thread.sleep(50);
    }
  }

  private static boolean listens(int port) {
    try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Answers every request with an empty 200, and keeps the heads. */
  private static final class Witness implements AutoCloseable {
    private final ServerSocket socket = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    private final BlockingQueue<String> heads = new LinkedBlockingQueue<>();

    Witness() throws IOException {
      Thread.ofVirtual().start(this::answer);
    }

    int port() {
      return socket.getLocalPort();
    }

    String asked() throws InterruptedException {
      String head = heads.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
      assertThat(head).as("the witness was asked").isNotNull();
      return head;
    }

    private void answer() {
      while (!socket.isClosed()) {
        try (Socket client = socket.accept()) {
          var in = new BufferedReader(new InputStreamReader(client.getInputStream(), ISO_8859_1));
          StringBuilder head = new StringBuilder();
          for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            head.append(line).append("\r\n");
          }
          heads.add(head.toString());
          client
              .getOutputStream()
              .write("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(US_ASCII));
        } catch (IOException e) {
          // It ends with its socket; a client that goes away is asked for nothing.
        }
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
