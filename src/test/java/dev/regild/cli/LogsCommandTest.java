package dev.regild.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class LogsCommandTest {
  @TempDir Path directory;

  @Test
  void whatIsSaidOfAServerThatIsAwayIsNoPartOfTheData() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    AtomicInteger asked = new AtomicInteger();
    server.createContext(
        "/",
        exchange -> {
          int request = asked.incrementAndGet();
          byte[] body =
              "{\"status\": \"%s\"}"
                  .formatted(request == 1 ? "RUNNING" : "SUCCEEDED")
                  .getBytes(UTF_8);
          exchange.sendResponseHeaders(request == 2 ? 503 : 200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    Files.writeString(
        directory.resolve("credentials"),
        "[default]\naws_access_key_id = A\naws_secret_access_key = B\n");
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    try {
      int status =
          Regild.run(
              new PrintWriter(out, true),
              new PrintWriter(err, true),
              "logs",
              "kiosk",
              "--follow",
              "--json",
              "--endpoint=http://127.0.0.1:" + server.getAddress().getPort(),
              "--data=" + directory);
      assertThat(status).as(err::toString).isZero();
    } finally {
      server.stop(0);
    }
    assertThat(JsonMapper.shared().readTree(out.toString()).path("status").asString(""))
        .isEqualTo("SUCCEEDED");
    assertThat(err.toString()).contains("does not respond");
  }
}
