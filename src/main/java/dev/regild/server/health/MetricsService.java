package dev.regild.server.health;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.server.telemetry.Metrics;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Duration;

/** {@code /metrics} in Prometheus's text format. */
public final class MetricsService implements HttpService {
  /** However many ask, the numbers are put together four times a second at most. */
  private static final Duration GOOD_FOR = Duration.ofMillis(250);

  private final Metrics metrics;
  private byte[] scraped = {};
  private long scrapedAt;

  public MetricsService(Metrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/metrics", this::scrape);
  }

  private void scrape(ServerRequest request, ServerResponse response) {
    RequestLog.operation("metrics");
    response
        .header(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
        .send(numbers());
  }

  private synchronized byte[] numbers() {
    long now = System.nanoTime();
    if (scraped.length == 0 || now - scrapedAt > GOOD_FOR.toNanos()) {
      scraped = metrics.scrape().getBytes(UTF_8);
      scrapedAt = now;
    }
    return scraped;
  }
}
