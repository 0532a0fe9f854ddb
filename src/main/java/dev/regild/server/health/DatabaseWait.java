package dev.regild.server.health;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.db.Database;
import dev.regild.db.PostgresAddress;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.server.config.ConfigKeys;
import dev.regild.server.health.HealthService.Check;
import dev.regild.server.http.HttpFront;
import dev.regild.server.telemetry.AuditLog;
import dev.regild.server.telemetry.Metrics;
import dev.regild.server.tls.ServerTls;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a database that may not be up yet. Until it is, the server's address answers health checks
 * with the reason, and refuses every other request.
 */
public final class DatabaseWait {
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseWait.class);
  private static final Duration GRACE = Duration.ofMillis(200);

  private final Config config;
  private final Path data;
  private final Optional<ServerTls> tls;
  private final Deque<AutoCloseable> meanwhile = new ArrayDeque<>();

  /**
   * @param data the server's data directory
   * @param tls how connections are encrypted; empty if they are not
   */
  public DatabaseWait(Config config, Path data, Optional<ServerTls> tls) {
    this.config = config;
    this.data = data;
    this.tls = tls;
  }

  /**
   * Opens the database, and waits until it can be reached.
   *
   * @throws ConfigException if it refuses the connection, or this version can't use it
   */
  public Database open(PostgresAddress address) throws ConfigException, IOException {
    try {
      Database database = Database.await(address, this::answer);
      LOG.atInfo().addKeyValue("database", address).log("database opened");
      return database;
    } catch (IllegalStateException e) {
      throw new ConfigException(ConfigKeys.DATABASE + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for the database", e);
    } finally {
      endAnswering();
    }
  }

  private void answer(String reason) {
    LOG.atWarn().addKeyValue("reason", reason).log("waiting for the database");
    try {
      Metrics metrics = opened(new Metrics());
      AuditLog audit =
          opened(AuditLog.open(data, AuditLog.Limits.of(config.auditSize()), Clock.systemUTC()));
      opened(
          HttpFront.start(
              config.listen(),
              tls,
              config.http(),
              metrics,
              audit,
              List.of(
                  new HealthService(new Readiness(List.of(new Waiting()), Duration.ZERO)),
                  new Unavailable()),
              GRACE));
    } catch (ConfigException | IOException e) {
      // The server fails in the same way when it starts, and reports it.
      LOG.atWarn().addKeyValue("reason", e.getMessage()).log("cannot answer while waiting");
    }
  }

  private <T extends AutoCloseable> T opened(T part) {
    meanwhile.push(part);
    return part;
  }

  private void endAnswering() {
    while (!meanwhile.isEmpty()) {
      try {
        meanwhile.pop().close();
      } catch (Exception e) {
        LOG.atWarn().addKeyValue("reason", e.toString()).log("a component did not stop cleanly");
      }
    }
  }

  private record Waiting() implements Check {
    @Override
    public String name() {
      return "database";
    }

    @Override
    public Optional<String> problem() {
      return Optional.of("Waiting for the database; see the server's log.");
    }
  }

  private record Unavailable() implements HttpService {
    @Override
    public void routing(HttpRules rules) {
      rules.any("/*", this::refuse);
    }

    private void refuse(ServerRequest request, ServerResponse response) {
      throw new ApiException(
          ErrorType.SERVICE_UNAVAILABLE,
          "The server is waiting for its database. Try again in a few seconds.");
    }
  }
}
