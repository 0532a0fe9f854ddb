package dev.regild.server.telemetry;

import dev.regild.machine.Build;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Sends spans to an OpenTelemetry collector by OTLP over HTTP; without an address, nowhere. */
public final class Traces implements AutoCloseable {
  private static final Duration BETWEEN = Duration.ofSeconds(2);
  private static final Duration LONGEST_CALL = Duration.ofSeconds(5);

  /** A collector that does not answer must not hold up a stop. */
  private static final Duration LAST_CALL = Duration.ofSeconds(1);

  /** What a collector missed is lost beyond this. */
  private static final int WAITING = 2048;

  private final Optional<SdkTracerProvider> provider;

  private Traces(Optional<SdkTracerProvider> provider) {
    this.provider = provider;
  }

  /**
   * Connects when the first spans have ended.
   *
   * @param endpoint such as {@code http://collector:4318/v1/traces}; empty to send nothing
   * @param node the name of this node
   */
  public static Traces to(Optional<URI> endpoint, String node) {
    return new Traces(endpoint.map(address -> provider(address, node)));
  }

  private static SdkTracerProvider provider(URI endpoint, String node) {
    return SdkTracerProvider.builder()
        .setResource(
            Resource.create(
                Attributes.of(
                    AttributeKey.stringKey("service.name"),
                    "regild",
                    AttributeKey.stringKey("service.version"),
                    Build.own().version(),
                    AttributeKey.stringKey("service.instance.id"),
                    node)))
        .addSpanProcessor(
            BatchSpanProcessor.builder(
                    OtlpHttpSpanExporter.builder()
                        .setEndpoint(endpoint.toString())
                        .setTimeout(LONGEST_CALL)
                        .build())
                .setScheduleDelay(BETWEEN)
                .setMaxQueueSize(WAITING)
                .build())
        .build();
  }

  Tracer tracer() {
    return provider
        .<TracerProvider>map(it -> it)
        .orElseGet(TracerProvider::noop)
        .get("dev.regild.job");
  }

  /** Sends what is left, for a second at most. */
  @Override
  public void close() {
    provider.ifPresent(it -> it.shutdown().join(LAST_CALL.toMillis(), TimeUnit.MILLISECONDS));
  }
}
