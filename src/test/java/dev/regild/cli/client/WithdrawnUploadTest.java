package dev.regild.cli.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.regild.cli.Regild;
import dev.regild.cli.terminal.Progress;
import dev.regild.files.Sha256;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/** What becomes of a disk that was sent, if the import is refused all the same. */
class WithdrawnUploadTest {
  private static final Reply REFUSAL =
      new Reply(400, "ResourceAlreadyExistsException", "The name is taken.");

  /** What a proxy says whose server has gone. */
  private static final Reply NO_SERVER = new Reply(503, "<html>no server</html>");

  private static final Reply REMOVED = new Reply(204, "");
  private static final Reply IN_USE =
      new Reply(400, "ResourceInUseException", "The disk is being imported.");
  private static final Reply GONE = new Reply(400, "ResourceNotFoundException", "No such disk.");
  private static final Reply ACCEPTED =
      new Reply(200, "{\"Image\": {\"Name\": \"new\", \"State\": \"IMPORTING\"}}");
  private static final Reply DESCRIBED =
      new Reply(200, "{\"Images\": [{\"Name\": \"new\", \"State\": \"AVAILABLE\"}]}");

  @TempDir Path directory;
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final Deque<Reply> operations = new ArrayDeque<>(List.of(REFUSAL));
  private final Deque<Reply> deletions = new ArrayDeque<>(List.of(REMOVED));
  private boolean damaging;
  private final HttpServer server = create();

  private record Reply(int status, String body) {
    Reply(int status, String type, String message) {
      this(status, "{\"__type\": \"%s\", \"Message\": \"%s\"}".formatted(type, message));
    }
  }

  private static HttpServer create() {
    try {
      return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @BeforeEach
  void start() throws IOException {
    server.createContext("/", this::answer);
    server.start();
    Files.writeString(
        directory.resolve("credentials"),
        "[default]\naws_access_key_id = A\naws_secret_access_key = B\n");
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  /** As a server whose registry changed between the check and the import. */
  private void answer(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    asked.add(request);
    switch (request.split("\\?", -1)[0]) {
      case "POST /regild/v1/import-checks" -> send(exchange, 204, "");
      // It has no store.
      case "POST /regild/v1/uploads" -> send(exchange, 404, "");
      case "POST /regild/v1/disks" ->
          send(
              exchange,
              201,
              "{\"diskId\": \"ami-1\", \"sha256\": \"%s\"}"
                  .formatted(damaging ? "0" : Sha256.of(body)));
      case "POST /" -> send(exchange, operations.remove());
      default -> send(exchange, deletions.remove());
    }
  }

  private static void send(HttpExchange exchange, Reply reply) throws IOException {
    send(exchange, reply.status, reply.body);
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    exchange.sendResponseHeaders(status, body.isEmpty() ? -1 : body.length());
    exchange.getResponseBody().write(body.getBytes(UTF_8));
    exchange.close();
  }

  @Test
  void theDiskOfARefusedImportIsRemoved() throws Exception {
    assertThat(refused()).contains("The name is taken. The uploaded disk was removed.");
    assertThat(asked)
        .containsExactly(
            "POST /regild/v1/import-checks?bytes=1048576",
            "POST /regild/v1/uploads?bytes=1048576",
            "POST /regild/v1/disks",
            "POST /",
            "DELETE /regild/v1/disks/ami-1");
  }

  @Test
  void aDiskThatCantBeRemovedIsNamed() throws Exception {
    say(deletions, new Reply(500, ""));
    assertThat(refused())
        .contains("The name is taken. ", "delete it with: regild disks delete ami-1");
  }

  @Test
  void aDiskThatWasDamagedOnItsWayIsRemoved() throws Exception {
    damaging = true;
    assertThat(refused()).contains("different SHA-256", "The uploaded disk was removed.");
    assertThat(asked).doesNotContain("POST /").contains("DELETE /regild/v1/disks/ami-1");
  }

  @Test
  void aDiskIsKeptAndItsImportAskedForAgainWhileAProxyHasNoServer() throws Exception {
    say(operations, NO_SERVER, NO_SERVER, ACCEPTED);
    assertThat(importDisk(0)).contains("The server does not respond", "new is IMPORTING.");
    assertThat(asked).doesNotContain("DELETE /regild/v1/disks/ami-1");
  }

  @Test
  void anImportWhoseAcceptanceWasLostIsFoundAgainByItsDisk() throws Exception {
    say(operations, NO_SERVER, REFUSAL, DESCRIBED);
    say(deletions, NO_SERVER, IN_USE);
    assertThat(importDisk(0)).contains("new is AVAILABLE.");
  }

  @Test
  void anImportWhoseAcceptanceWasLostMayHaveEndedAlready() throws Exception {
    say(operations, NO_SERVER, REFUSAL, DESCRIBED);
    say(deletions, GONE);
    assertThat(importDisk(0)).contains("new is AVAILABLE.");
  }

  @Test
  void anImportThatIsRefusedWhenItIsAskedForAgainTakesItsDiskBack() throws Exception {
    say(operations, NO_SERVER, REFUSAL);
    assertThat(refused()).contains("The name is taken. The uploaded disk was removed.");
  }

  @Test
  void aDiskWhoseImportIsNeverAnsweredIsKeptAndNamed() {
    say(operations, NO_SERVER);
    ApiClient client =
        new ApiClient(
            URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
            "eu-central-1",
            AwsCredentialsIdentity.create("A", "B"),
            Optional.empty());
    Progress progress = new Progress(new PrintWriter(new StringWriter()), false);
    assertThatThrownBy(() ->
            new SentDisk(client, "ami-1")
                .importAs(Map.of("Name", "new"), new Patience(progress, Duration.ZERO)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("HTTP status 503. If regild images")
        .hasMessageEndingWith("regild disks delete ami-1");
    assertThat(asked).doesNotContain("DELETE /regild/v1/disks/ami-1");
  }

  private static void say(Deque<Reply> script, Reply... replies) {
    script.clear();
    script.addAll(List.of(replies));
  }

  private String refused() throws IOException {
    return importDisk(1);
  }

  private String importDisk(int expected) throws IOException {
    byte[] disk = new byte[1 << 20];
    disk[510] = 0x55;
    disk[511] = (byte) 0xaa;
    Path file = Files.write(directory.resolve("disk.raw"), disk);
    StringWriter said = new StringWriter();
    var out = new PrintWriter(said, true);
    int status =
        Regild.run(
            out,
            out,
            "import",
            file.toString(),
            "--name=new",
            "--endpoint=http://127.0.0.1:" + server.getAddress().getPort(),
            "--data=" + directory);
    assertThat(status).as(said::toString).isEqualTo(expected);
    return said.toString();
  }
}
