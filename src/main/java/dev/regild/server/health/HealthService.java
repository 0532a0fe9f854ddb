package dev.regild.server.health;

import dev.regild.server.telemetry.RequestLog;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/** {@code /health/live}: the process answers; {@code /health/ready}: it can do its work. */
public final class HealthService implements HttpService {
  private final JsonMapper json = new JsonMapper();
  private final Readiness readiness;

  public HealthService(Readiness readiness) {
    this.readiness = readiness;
  }

  /** One thing that the server can't work without. */
  interface Check {
    String name();

    /** What is wrong, and what helps; empty if all is well. */
    Optional<String> problem();
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/health/live", this::live).get("/health/ready", this::ready);
  }

  private void live(ServerRequest request, ServerResponse response) {
    RequestLog.operation("health");
    send(response, Status.OK_200, Map.of("status", "UP"));
  }

  private void ready(ServerRequest request, ServerResponse response) throws InterruptedException {
    RequestLog.operation("health");
    Readiness.Verdict verdict = readiness.verdict();
    boolean ready = verdict.ready();
    send(
        response,
        ready ? Status.OK_200 : Status.SERVICE_UNAVAILABLE_503,
        Map.of("status", ready ? "UP" : "DOWN", "checks", verdict.results()));
  }

  private void send(ServerResponse response, Status status, Object body) {
    response
        .status(status)
        .header(HeaderNames.CONTENT_TYPE, "application/json")
        .send(json.writeValueAsBytes(body));
  }
}
