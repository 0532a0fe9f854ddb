package dev.regild.server.telemetry;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What is counted and timed, in Prometheus's format. */
public final class Metrics implements AutoCloseable {
  /** The note that a backup leaves. */
  private static final String LAST_BACKUP = "last-backup.json";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics garbageCollection = new JvmGcMetrics();
  private final Map<Kind, Timer> requests = new ConcurrentHashMap<>();
  private final MultiGauge refreshAges =
      MultiGauge.builder("regild.channel.refresh.age")
          .description("Time since the channel was last refreshed successfully")
          .baseUnit("seconds")
          .register(registry);
  private volatile Supplier<Map<String, Duration>> channelAges = Map::of;

  /** Requests that are counted together. */
  private record Kind(String operation, String outcome) {}

  public Metrics() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    garbageCollection.bindTo(registry);
  }

  public PrometheusMeterRegistry registry() {
    return registry;
  }

  /**
   * @param outcome {@code ok} or the error's name
   */
  void request(String operation, String outcome, Duration took) {
    requests.computeIfAbsent(new Kind(operation, outcome), this::timer).record(took);
  }

  /**
   * A connection that the server has ended, or not taken.
   *
   * @param reason of a fixed set: what was waited for too long, {@code replaced}, {@code refused}
   */
  public void connectionEnded(String reason) {
    registry.counter("regild.connections.ended", "reason", reason).increment();
  }

  /** Shows how many connections are open. */
  public void connections(IntSupplier open) {
    Gauge.builder("regild.connections", open::getAsInt)
        .description("Open connections")
        .strongReference(true)
        .register(registry);
  }

  /**
   * Shows the free space for a data directory, and how old its last backup is.
   *
   * @param data the directory
   */
  public void watchData(Path data) {
    Gauge.builder("regild.data.free", () -> data.toFile().getUsableSpace())
        .description("Free space of the data directory's file system")
        .baseUnit("bytes")
        .strongReference(true)
        .register(registry);
    // NaN until there is one.
    TimeGauge.builder("regild.backup.age", () -> age(data.resolve(LAST_BACKUP)), TimeUnit.SECONDS)
        .description("Time since the last backup of the data directory")
        .strongReference(true)
        .register(registry);
  }

  private static double age(Path file) {
    long written = file.toFile().lastModified();
    return written == 0 ? Double.NaN : (System.currentTimeMillis() - written) / 1000.0;
  }

  /**
   * Shows how long the server's certificate is still valid.
   *
   * @param end when it ends
   */
  public void watchCertificate(Supplier<Instant> end) {
    TimeGauge.builder(
            "regild.certificate.remaining",
            () -> Duration.between(Instant.now(), end.get()).toMillis() / 1000.0,
            TimeUnit.SECONDS)
        .description("Time until the certificate ends")
        .strongReference(true)
        .register(registry);
  }

  private Timer timer(Kind kind) {
    return Timer.builder("regild.requests")
        .description("Requests, by operation and outcome")
        .tag("operation", kind.operation)
        .tag("outcome", kind.outcome)
        .serviceLevelObjectives(
            Duration.ofMillis(5),
            Duration.ofMillis(25),
            Duration.ofMillis(100),
            Duration.ofSeconds(1),
            Duration.ofSeconds(10))
        .register(registry);
  }

  /**
   * Shows how old each channel is.
   *
   * @param ages since the last good refresh, by channel
   */
  public void watchChannels(Supplier<Map<String, Duration>> ages) {
    channelAges = ages;
  }

  /** Channels come and go, so their rows are made again each time. */
  public synchronized String scrape() {
    refreshAges.register(
        channelAges.get().entrySet().stream()
            .map(age ->
                MultiGauge.Row.of(
                    Tags.of("channel", age.getKey()), age.getValue().toMillis() / 1000.0))
            .collect(Collectors.<MultiGauge.Row<?>>toList()),
        true);
    return registry.scrape();
  }

  @Override
  public void close() {
    garbageCollection.close();
    registry.close();
  }
}
