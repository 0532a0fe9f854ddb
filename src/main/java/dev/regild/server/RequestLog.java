package dev.regild.server;

import dev.regild.api.Caller;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Gives each request its id, which stands in the answer and in every line of the log, and writes a
 * line and a measurement when it has been answered.
 */
final class RequestLog implements Filter {
  static final HeaderName REQUEST_ID = HeaderNames.create("x-amzn-RequestId");
  static final HeaderName ERROR_TYPE = HeaderNames.create("x-amzn-ErrorType");

  private static final Logger LOG = LoggerFactory.getLogger(RequestLog.class);
  private static final String ID = "request";
  private static final String OPERATION = "operation";
  private static final String ACCOUNT = "account";
  private static final String REGION = "region";

  private final Metrics metrics;

  RequestLog(Metrics metrics) {
    this.metrics = metrics;
  }

  /** Names what the current request asks for. */
  static void operation(String name) {
    MDC.put(OPERATION, name);
  }

  /** Names who sent the current request. */
  static void caller(Caller caller) {
    MDC.put(ACCOUNT, caller.owner().accountId());
    MDC.put(REGION, caller.owner().region());
  }

  /** The current request's id. */
  static String requestId() {
    return Optional.ofNullable(MDC.get(ID)).orElse("none");
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    long start = System.nanoTime();
    String id = UUID.randomUUID().toString();
    MDC.put(ID, id);
    response.header(REQUEST_ID, id);
    try {
      chain.proceed();
    } finally {
      record(request, response, Duration.ofNanos(System.nanoTime() - start));
      MDC.clear();
    }
  }

  private void record(RoutingRequest request, RoutingResponse response, Duration took) {
    String operation = Optional.ofNullable(MDC.get(OPERATION)).orElse("other");
    String outcome = response.headers().first(ERROR_TYPE).orElse("ok");
    metrics.request(operation, outcome, took);
    // Probes and scrapes come every few seconds, and say nothing.
    boolean routine = operation.equals("health") || operation.equals("metrics");
    LOG.atLevel(routine ? org.slf4j.event.Level.DEBUG : org.slf4j.event.Level.INFO)
        .addKeyValue("method", request.prologue().method().text())
        .addKeyValue("path", request.prologue().uriPath().rawPath())
        .addKeyValue("status", response.status().code())
        .addKeyValue("outcome", outcome)
        .addKeyValue("milliseconds", took.toNanos() / 1_000_000.0)
        .addKeyValue("remote", request.remotePeer().host())
        .log("request");
  }
}
