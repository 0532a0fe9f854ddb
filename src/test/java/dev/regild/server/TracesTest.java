package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.regild.image.Images;
import dev.regild.job.Attempt;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.server.telemetry.JobTelemetry;
import dev.regild.server.telemetry.Metrics;
import dev.regild.server.telemetry.Traces;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Traces of jobs, as a collector receives them. */
@ExtendWith(RunningServer.class)
class TracesTest {
  private static final String REGION = "us-east-1";

  /**
   * A span as it came.
   *
   * @param failed whether its status is an error
   */
  private record Span(String trace, String id, String parent, String name, boolean failed) {}

  /** Accepts OTLP over HTTP, as a collector does. */
  private static final class Collector implements AutoCloseable {
    private final HttpServer server;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final List<String> paths = new ArrayList<>();

    Collector() throws Exception {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(
          "/",
          exchange -> {
            boolean packed =
                "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
            byte[] body =
                packed
                    ? new GZIPInputStream(exchange.getRequestBody()).readAllBytes()
                    : exchange.getRequestBody().readAllBytes();
            synchronized (received) {
              received.writeBytes(body);
              paths.add(exchange.getRequestURI().getPath());
            }
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
          });
      server.start();
    }

    URI address() {
      return URI.create("http://127.0.0.1:%d/v1/traces".formatted(server.getAddress().getPort()));
    }

    String text() {
      return received.toString(UTF_8);
    }

    /** Of ExportTraceServiceRequest: resource_spans 1, scope_spans 2, spans 2. */
    List<Span> spans() {
      List<Span> spans = new ArrayList<>();
      each(
          received.toByteArray(),
          (field, resource) -> {
            if (field == 1) {
              each(
                  resource,
                  (inner, scope) -> {
                    if (inner == 2) {
                      each(
                          scope,
                          (innermost, span) -> {
                            if (innermost == 2) {
                              spans.add(span(span));
                            }
                          });
                    }
                  });
            }
          });
      return spans;
    }

    private static Span span(byte[] message) {
      String[] texts = new String[17];
      each(
          message,
          (field, value) -> {
            if (field == 5) {
              texts[field] = new String(value, UTF_8);
            } else if (field < 5 || field == 15) {
              texts[field] = HexFormat.of().formatHex(value);
            }
          });
      // STATUS_CODE_ERROR is 2, in field 3 of the status.
      boolean failed = String.valueOf(texts[15]).endsWith("1802");
      return new Span(
          texts[1], texts[2], Optional.ofNullable(texts[4]).orElse(""), texts[5], failed);
    }

    /** Each field of a protobuf message that has a length. */
    private static void each(byte[] message, BiConsumer<Integer, byte[]> field) {
      ByteBuffer in = ByteBuffer.wrap(message);
      while (in.hasRemaining()) {
        long tag = number(in);
        switch ((int) (tag & 7)) {
          case 0 -> number(in);
          case 1 -> in.position(in.position() + 8);
          case 2 -> {
            byte[] value = new byte[(int) number(in)];
            in.get(value);
            field.accept((int) (tag >> 3), value);
          }
          case 5 -> in.position(in.position() + 4);
          default -> throw new AssertionError("no protobuf: " + tag);
        }
      }
    }

    private static long number(ByteBuffer in) {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte next = in.get();
        value |= (long) (next & 0x7f) << shift;
        if (next >= 0) {
          return value;
        }
      }
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  @Test
  void aJobIsATraceWithASpanForEachStep(ServerFixture server) throws Exception {
    server.golden(REGION, "golden");
    try (Collector collector = new Collector();
        Metrics metrics = new Metrics()) {
      try (Traces traces = Traces.to(Optional.of(collector.address()), "rack-7")) {
        server.observer = new JobTelemetry(metrics, traces);
        CommandLineOf commands = CommandLineOf.of(server);
        server.ask(
            server.key,
            "CopyImage",
            """
            {"SourceImageName":"golden","DestinationImageName":"copy","DestinationRegion":"%s"}\
            """
                .formatted(REGION));
        String id =
            server.database.read(
                handle -> Images.require(handle, server.owner(REGION), "copy").id());
        server.copyJob().run(id, server.lease(id));
        assertThat(commands.run(0, "images")).contains("copy");
      }
      List<Span> spans = collector.spans();
      Span job = spans.stream().filter(span -> span.parent().isEmpty()).findFirst().orElseThrow();
      assertThat(job.name()).isEqualTo("copy");
      assertThat(spans).hasSizeGreaterThan(1);
      assertThat(spans)
          .filteredOn(span -> !span.parent().isEmpty())
          .allMatch(span -> span.trace().equals(job.trace()) && span.parent().equals(job.id()))
          .noneMatch(Span::failed);
      assertThat(collector.paths).containsOnly("/v1/traces");
      assertThat(collector.text()).contains("rack-7", "regild.image", "copy");
    }
  }

  @Test
  void aFailureIsAnErrorAndACollectorThatIsAwayHoldsUpNothing() throws Exception {
    try (Collector collector = new Collector();
        Metrics metrics = new Metrics()) {
      try (Traces traces = Traces.to(Optional.of(collector.address()), "node")) {
        fail(new JobTelemetry(metrics, traces));
      }
      assertThat(collector.spans()).hasSize(2).allMatch(Span::failed);
      assertThat(collector.text()).contains("the disk is full");
    }
    try (Metrics metrics = new Metrics();
        Traces traces = Traces.to(Optional.of(URI.create("http://127.0.0.1:1/v1/traces")), "n")) {
      fail(new JobTelemetry(metrics, traces));
    }
  }

  private static void fail(JobTelemetry telemetry) {
    try (var job = telemetry.begins("update", new Attempt<>("id", "image", 1, ""));
        var step = job.step("Apply")) {
      step.failed("the disk is full");
      job.failed("the disk is full");
    }
  }

  @Test
  void theKeyTakesAnAddressAndNothingIsSentWithoutIt() throws Exception {
    assertThat(Config.read(Optional.empty(), Map.of(), Map.of()).traces()).isEmpty();
    assertThat(
            Config.read(
                    Optional.empty(),
                    Map.of("REGILD_TRACES_ENDPOINT", "http://collector:4318/v1/traces"),
                    Map.of())
                .traces())
        .contains(URI.create("http://collector:4318/v1/traces"));
    assertThatThrownBy(() ->
            Config.read(Optional.empty(), Map.of(), Map.of("traces.endpoint", "collector:4317")))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "traces.endpoint must be an address such as http://collector.example.com:4318/v1/traces");
  }
}
