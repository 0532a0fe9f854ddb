package dev.regild.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.server.config.ByteSize;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.server.telemetry.AuditLog;
import dev.regild.server.telemetry.Metrics;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The HTTP server where it can't start. */
class HttpFrontTest {
  @TempDir Path directory;

  @Test
  void aPortInUseIsOneMessageWithoutATrace() throws Exception {
    List<LogRecord> logged = new CopyOnWriteArrayList<>();
    Handler handler = recording(logged);
    Logger.getLogger("").addHandler(handler);
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        AuditLog audit =
            AuditLog.open(directory, AuditLog.Limits.of(new ByteSize(1 << 20)), Clock.systemUTC());
        Metrics metrics = new Metrics()) {
      Config.Listen listen = new Config.Listen("127.0.0.1", other.getLocalPort());
      assertThatThrownBy(() ->
              HttpFront.start(
                  listen,
                  Optional.empty(),
                  Config.Http.DEFAULT,
                  metrics,
                  audit,
                  List.of(),
                  Duration.ZERO))
          .isInstanceOf(ConfigException.class)
          .hasMessage("cannot listen on 127.0.0.1:" + listen.port() + ": is the port in use?");
    } finally {
      Logger.getLogger("").removeHandler(handler);
    }
    assertThat(logged).noneMatch(record -> record.getThrown() != null);
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
