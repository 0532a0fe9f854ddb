package dev.regild.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.Patience;
import dev.regild.cli.terminal.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/** What is got from the server beside an exported disk. */
class ExportedDiskTest {
  @TempDir Path directory;
  private final AtomicInteger asked = new AtomicInteger();
  private final StringWriter said = new StringWriter();
  private HttpServer server;
  private ExportedDisk disk;

  /** As a proxy whose server is down for the first request. */
  @BeforeEach
  void start() throws IOException {
    disk = new ExportedDisk(directory.resolve("kiosk.qcow2"));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = exchange.getRequestURI().getPath().getBytes(UTF_8);
          boolean away = asked.incrementAndGet() == 1;
          exchange.sendResponseHeaders(away ? 503 : 200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void write() throws Exception {
    ApiClient client =
        new ApiClient(
            URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
            "eu-central-1",
            AwsCredentialsIdentity.create("A", "B"),
            Optional.empty());
    Progress progress = new Progress(new PrintWriter(said, true), false);
    disk.write(client, "0", new Patience(progress, Duration.ofSeconds(20)));
  }

  @Test
  void aServerThatIsAwayIsAskedAgain() throws Exception {
    write();
    assertThat(disk.statement()).hasContent("/regild/v1/exported/0/provenance");
    assertThat(disk.bill()).hasContent("/regild/v1/exported/0/sbom");
    assertThat(said.toString()).contains("does not respond");
  }

  @Test
  void aFileThatCantBeWrittenIsNotAskedForAgain() throws Exception {
    Files.createDirectories(disk.statement().resolve("taken"));
    assertThatThrownBy(this::write).isInstanceOf(IOException.class);
    assertThat(asked).hasValue(2);
  }
}
