package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.fixtures.PostgresCluster;
import dev.regild.server.RawConnection.Answer;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole server whose PostgreSQL is away: when it starts, and while it runs. */
class DatabaseOutageIT {
  @TempDir Path data;

  private final HttpClient http = HttpClient.newHttpClient();
  private int port;

  @Test
  void aServerWaitsForItsDatabaseAndSaysSoAndOutlivesAnOutage() throws Exception {
    assumeTrue(PostgresCluster.isInstalled(), "PostgreSQL is not installed");
    port = freePort();
    try (PostgresCluster cluster = PostgresCluster.start();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      cluster.execute("CREATE DATABASE images");
      cluster.crash();
      Future<RegildServer> starting =
          threads.submit(() -> RegildServer.start(config(cluster.url("images"))));
      assertThat(awaitReady(503).body()).contains("Waiting for the database");
      assertThat(health("live").statusCode()).isEqualTo(200);
      assertThat(get("/regild/v1/updates").statusCode()).isEqualTo(503);

      cluster.startAgain();
      try (RegildServer _ = starting.get(60, TimeUnit.SECONDS)) {
        assertThat(awaitReady(200).body()).contains("\"database\":\"UP\"");
        assertThat(describeImages().status()).isEqualTo(200);

        cluster.crash();
        // The key is remembered for half a second.
        Thread.sleep(600);
        assertThat(describeImages().header("x-amzn-errortype"))
            .isEqualTo("ServiceUnavailableException");
        assertThat(awaitReady(503).body()).contains("database");
        assertThat(health("live").statusCode()).isEqualTo(200);

        cluster.startAgain();
        assertThat(awaitReady(200).body()).contains("\"database\":\"UP\"");
        assertThat(describeImages().status()).isEqualTo(200);
      }
    }
  }

  private Config config(String url) throws ConfigException {
    return Config.read(
        Optional.empty(),
        Map.of(),
        Map.of("data", data.toString(), "listen", "127.0.0.1:" + port, "database", url));
  }

  private Answer describeImages() throws Exception {
    List<String> lines = Files.readAllLines(data.resolve("credentials"));
    AccessKey key =
        new AccessKey(
            value(lines, "aws_access_key_id"),
            value(lines, "aws_secret_access_key"),
            new Account("000000000000", "any", Account.Status.ACTIVE, Instant.EPOCH),
            false,
            true);
    try (RawConnection connection = new RawConnection(port)) {
      return connection.write(SignedRequest.of(key, "DescribeImages", "{}").bytes()).read();
    }
  }

  private static String value(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(line.indexOf('=') + 1).strip())
        .findFirst()
        .orElseThrow();
  }

  private HttpResponse<String> awaitReady(int status) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (true) {
      try {
        HttpResponse<String> ready = health("ready");
        if (ready.statusCode() == status || System.nanoTime() > deadline) {
          assertThat(ready.statusCode()).as(ready.body()).isEqualTo(status);
          return ready;
        }
      } catch (java.net.ConnectException e) {
        assertThat(System.nanoTime()).isLessThan(deadline);
      }
      Thread.sleep(200);
    }
  }

  private HttpResponse<String> health(String kind) throws Exception {
    return get("/health/" + kind);
  }

  private HttpResponse<String> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
        BodyHandlers.ofString());
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
