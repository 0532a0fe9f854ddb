package dev.regild.server.telemetry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.server.RawConnection;
import dev.regild.server.ServerFixture;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RequestLogTest {
  /** No other test connects from it. */
  private static final String CLIENT = "127.0.0.77";

  @TempDir Path directory;

  @Test
  void probesAndScrapesTakeNoneOfTheLinesThatStrangersHave() throws Exception {
    try (LoggedLines log = new LoggedLines(RequestLog.class, CLIENT);
        ServerFixture server = new ServerFixture(directory);
        RawConnection connection = new RawConnection(server.port(), CLIENT)) {
      // Strangers have 1000 lines at once, and 20 more each second.
      for (int i = 0; i < 2000; i++) {
        get(connection, "/health/live");
      }
      get(connection, "/nothing");
      long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (log.lines().isEmpty() && System.nanoTime() < end) {
        Thread.sleep(10);
      }
      assertThat(log.lines())
          .singleElement()
          .asString()
          .contains("/nothing")
          .doesNotContain("omitted");
    }
  }

  private static void get(RawConnection connection, String path) throws Exception {
    connection.write("GET %s HTTP/1.1\r\nHost: x\r\n\r\n".formatted(path).getBytes(UTF_8)).read();
  }
}
