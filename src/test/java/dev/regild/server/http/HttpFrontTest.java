package dev.regild.server.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.server.RawConnection;
import dev.regild.server.config.ByteSize;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.server.telemetry.AuditLog;
import dev.regild.server.telemetry.Metrics;
import io.helidon.webserver.http.HttpService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The start and the end of the HTTP server. */
class HttpFrontTest {
  @TempDir Path directory;

  @Test
  void aPortInUseIsOneMessageWithoutATrace() throws Exception {
    List<LogRecord> logged = new CopyOnWriteArrayList<>();
    Handler handler = recording(logged);
    Logger.getLogger("").addHandler(handler);
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        AuditLog audit = audit();
        Metrics metrics = new Metrics()) {
      Config.Listen listen = new Config.Listen("127.0.0.1", other.getLocalPort());
      assertThatThrownBy(() -> start(listen, metrics, audit))
          .isInstanceOf(ConfigException.class)
          .hasMessage("cannot listen on 127.0.0.1:" + listen.port() + ": is the port in use?");
    } finally {
      Logger.getLogger("").removeHandler(handler);
    }
    assertThat(logged).noneMatch(record -> record.getThrown() != null);
  }

  @Test
  void aStopWaitsForTheAuditLineOfACallThatItCutsOff() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    HttpService reader =
        rules ->
            rules.post(
                "/",
                (request, _) -> {
                  reading.countDown();
                  try {
                    request.content().as(byte[].class);
                  } finally {
                    // As a thread may that has to wait for a processor.
                    LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
                  }
                });
    try (AuditLog audit = audit();
        Metrics metrics = new Metrics()) {
      Config.Listen free = new Config.Listen("127.0.0.1", 0);
      HttpFront front = start(free, metrics, audit, reader);
      try (front;
          RawConnection client = new RawConnection(front.port(), "127.0.0.1")) {
        client.write(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf".getBytes(US_ASCII));
        assertThat(reading.await(60, SECONDS)).isTrue();
        front.close();
        assertThat(directory.resolve("audit.log")).content().contains("\"source\":\"127.0.0.1\"");
      }
    }
  }

  private AuditLog audit() throws IOException {
    return AuditLog.open(directory, AuditLog.Limits.of(new ByteSize(1 << 20)), Clock.systemUTC());
  }

  private static HttpFront start(
      Config.Listen listen, Metrics metrics, AuditLog audit, HttpService... services)
      throws ConfigException {
    return HttpFront.start(
        listen,
        Optional.empty(),
        Config.Http.DEFAULT,
        metrics,
        audit,
        List.of(services),
        Duration.ZERO);
  }

  private static Handler recording(List<LogRecord> into) {
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord logRecord) {
            into.add(logRecord);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    handler.setLevel(Level.ALL);
    return handler;
  }
}
