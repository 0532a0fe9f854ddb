package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.TraceCollector;
import dev.regild.fixtures.TraceCollector.Span;
import dev.regild.image.Images;
import dev.regild.job.Attempt;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.server.telemetry.JobTelemetry;
import dev.regild.server.telemetry.Metrics;
import dev.regild.server.telemetry.Traces;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Traces of jobs, as a collector receives them. */
@ExtendWith(RunningServer.class)
class TracesTest {
  private static final String REGION = "us-east-1";

  @Test
  void aJobIsATraceWithASpanForEachStep(ServerFixture server) throws Exception {
    server.golden(REGION, "golden");
    try (TraceCollector collector = new TraceCollector();
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
      assertThat(collector.paths()).containsOnly("/v1/traces");
      assertThat(collector.text()).contains("rack-7", "regild.image", "copy");
    }
  }

  @Test
  void aFailureIsAnErrorAndACollectorThatIsAwayHoldsUpNothing() throws Exception {
    try (TraceCollector collector = new TraceCollector();
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
