package dev.regild.cli.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** An upload to a proxy of two nodes, of which one is gone. */
class ResumedUploadTest {
  private static final int DISK = 8 << 20;
  private static final String GONE = "503 Service Unavailable";

  @TempDir Path directory;
  private final Deque<String> script = new ArrayDeque<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private final ServerSocket listening = listen();

  private static ServerSocket listen() {
    try {
      return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void close() throws IOException {
    listening.close();
    for (Socket socket : open) {
      socket.close();
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listening.accept();
        // It stays open, as a proxy's does.
        open.add(socket);
        answer(socket);
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  /** Says what the script has next; a body is read only where that is not a refusal. */
  private void answer(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    String head = "";
    while (!head.endsWith("\r\n\r\n")) {
      head += (char) in.read();
    }
    asked.add(head.substring(0, head.indexOf(" HTTP/")));
    String status = script.remove();
    String body = script.remove();
    int bytes = length(head);
    if (bytes > 0 && !status.equals(GONE)) {
      if (head.toLowerCase(Locale.ROOT).contains("expect: 100-continue")) {
        socket.getOutputStream().write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(US_ASCII));
      }
      in.skipNBytes(bytes);
    }
    socket
        .getOutputStream()
        .write(
            "HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                .formatted(status, body.length(), body)
                .getBytes(US_ASCII));
  }

  private static int length(String head) {
    return Arrays.stream(head.split("\r\n", -1))
        .filter(line -> line.startsWith("Content-Length:"))
        .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
        .findFirst()
        .orElse(0);
  }

  /** Without reading the refusal first, the client would wait for as long as the proxy does. */
  @Test
  @Timeout(300)
  void aProxyThatTakesNothingIsAskedAgainAndTheOffsetOnlyIfItMayHaveChanged() throws Exception {
    script.addAll(List.of("201 Created", "{\"diskId\": \"ami-1\"}"));
    script.addAll(List.of(GONE, "<html>no server</html>"));
    script.addAll(List.of("409 Conflict", "{\"__type\": \"ConcurrentModificationException\"}"));
    script.addAll(List.of(GONE, ""));
    script.addAll(List.of("200 OK", "{\"received\": 1048576}"));
    script.addAll(List.of("201 Created", "{\"sha256\": \"abc\"}"));
    Thread.ofVirtual().start(this::accept);
    JsonNode disk =
        ResumedUpload.begin(client(), DISK, Duration.ofMillis(1))
            .orElseThrow()
            .send(offset -> BodyPublishers.ofByteArray(new byte[DISK], 0, DISK - (int) offset));
    assertThat(disk.path("sha256").asString()).isEqualTo("abc");
    assertThat(asked)
        .containsExactly(
            "POST /regild/v1/uploads?bytes=8388608",
            "PATCH /regild/v1/uploads/ami-1?offset=0",
            "PATCH /regild/v1/uploads/ami-1?offset=0",
            "GET /regild/v1/uploads/ami-1",
            "GET /regild/v1/uploads/ami-1",
            "PATCH /regild/v1/uploads/ami-1?offset=1048576");
  }

  private ApiClient client() throws IOException {
    Files.writeString(
        directory.resolve("credentials"),
        "[default]\naws_access_key_id = A\naws_secret_access_key = B\n");
    ServerConnection connection = new ServerConnection();
    connection.data = directory;
    connection.endpoint = URI.create("http://127.0.0.1:" + listening.getLocalPort());
    return connection.client();
  }
}
