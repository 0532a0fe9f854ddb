package dev.regild.server.telemetry;

import dev.regild.api.Caller;
import dev.regild.api.HttpCall;
import dev.regild.machine.Build;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Gives each request an id, which is in the answer and in each line of the log, and records each
 * answer in the log, the metrics and the audit log. Lines about unknown senders are limited, so a
 * stranger can't fill the disk.
 */
public final class RequestLog implements Filter {
  public static final HeaderName REQUEST_ID = HeaderNames.create("x-amzn-RequestId");
  public static final HeaderName ERROR_TYPE = HeaderNames.create("x-amzn-ErrorType");

  /** The value of the header {@code Server}. */
  public static final String SERVER = Build.own().server();

  private static final Logger LOG = LoggerFactory.getLogger(RequestLog.class);
  private static final String ID = "request";
  private static final String OPERATION = "operation";
  private static final String ACCOUNT = "account";
  private static final String REGION = "region";

  /** The access key's id in a header that may be anything. */
  private static final Pattern CLAIMED_KEY = Pattern.compile("Credential=([^/,\\s]{1,128})/");

  private final Metrics metrics;
  private final AuditLog audit;
  private final LineBudget strangersLines = new LineBudget(1000, 20, System::nanoTime);

  /** At most 20 MB a day. */
  private final LineBudget strangersAudit = new LineBudget(200, 1, System::nanoTime);

  public RequestLog(Metrics metrics, AuditLog audit) {
    this.metrics = metrics;
    this.audit = audit;
  }

  private record Resources(List<String> names) {}

  private record Key(String id) {}

  /** Names what the current request asks for. */
  public static void operation(String name) {
    MDC.put(OPERATION, name);
  }

  /** Names who sent the current request. */
  public static void caller(Caller caller) {
    MDC.put(ACCOUNT, caller.owner().accountId());
    MDC.put(REGION, caller.owner().region());
  }

  /** Names what a request is about; its sender has to be known. */
  public static void resources(ServerRequest request, List<String> names) {
    request.context().register(new Resources(names));
  }

  /** Names the access key that a request acts with whose header names none. */
  public static void key(ServerRequest request, String id) {
    request.context().register(new Key(id));
  }

  /** The id of the access key that a request says it is signed with. */
  public static Optional<String> claimedKey(HttpCall call) {
    return claimedKey(call.header("authorization"));
  }

  private static Optional<String> claimedKey(Optional<String> authorization) {
    return authorization
        .map(CLAIMED_KEY::matcher)
        .filter(Matcher::find)
        .map(found -> found.group(1));
  }

  /** The current request's id. */
  public static String requestId() {
    return Optional.ofNullable(MDC.get(ID)).orElse("none");
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    Instant came = Instant.now();
    long start = System.nanoTime();
    String id = UUID.randomUUID().toString();
    MDC.put(ID, id);
    response.header(REQUEST_ID, id);
    response.header(HeaderNames.SERVER, SERVER);
    try {
      chain.proceed();
    } finally {
      record(request, response, Duration.ofNanos(System.nanoTime() - start));
      audit(request, response, came);
      MDC.clear();
    }
  }

  private void record(RoutingRequest request, RoutingResponse response, Duration took) {
    String operation = Optional.ofNullable(MDC.get(OPERATION)).orElse("other");
    String outcome = outcome(response);
    metrics.request(operation, outcome, took);
    // Probes and scrapes come every few seconds, and say nothing.
    boolean routine = operation.equals("health") || operation.equals("metrics");
    Level level = routine ? Level.DEBUG : Level.INFO;
    if (!LOG.isEnabledForLevel(level)) {
      return;
    }
    OptionalLong omitted = omitted(strangersLines);
    if (omitted.isEmpty()) {
      return;
    }
    LoggingEventBuilder line = LOG.atLevel(level);
    if (omitted.getAsLong() > 0) {
      line = line.addKeyValue("omitted", omitted.getAsLong());
    }
    line.addKeyValue("method", request.prologue().method().text())
        .addKeyValue("path", request.prologue().uriPath().rawPath())
        .addKeyValue("status", response.status().code())
        .addKeyValue("outcome", outcome)
        .addKeyValue("milliseconds", took.toNanos() / 1_000_000.0)
        .addKeyValue("remote", request.remotePeer().host())
        .log("request");
  }

  /** Every call of the API, and what else may change something. */
  private void audit(RoutingRequest request, RoutingResponse response, Instant came) {
    Method method = request.prologue().method();
    boolean onlyLooks = method.equals(Method.GET) || method.equals(Method.HEAD);
    if (onlyLooks && !request.prologue().uriPath().rawPath().equals("/")) {
      return;
    }
    OptionalLong omitted = omitted(strangersAudit);
    if (omitted.isEmpty()) {
      return;
    }
    audit.write(
        new AuditLog.Entry(
            came,
            requestId(),
            Optional.ofNullable(MDC.get(ACCOUNT)),
            Optional.ofNullable(MDC.get(REGION)),
            request
                .context()
                .get(Key.class)
                .map(Key::id)
                .or(() -> claimedKey(request.headers().first(HeaderNames.AUTHORIZATION))),
            Optional.ofNullable(MDC.get(OPERATION)).orElse("other"),
            request.context().get(Resources.class).map(Resources::names).orElse(List.of()),
            outcome(response),
            request.remotePeer().host(),
            omitted.stream().boxed().filter(n -> n > 0).findFirst()));
  }

  /** How many lines this one stands for besides itself; empty if it is not written. */
  private static OptionalLong omitted(LineBudget strangers) {
    return MDC.get(ACCOUNT) == null ? strangers.take() : OptionalLong.of(0);
  }

  private static String outcome(RoutingResponse response) {
    return response.headers().first(ERROR_TYPE).orElse("ok");
  }
}
