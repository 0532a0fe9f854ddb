package dev.regild.server.telemetry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.HostTools;
import dev.regild.job.Attempt;
import dev.regild.job.JobObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The dashboard and the alert rules name metrics that a server has. */
class MonitoringFilesTest {
  private static final Path FILES = Path.of("deploy/monitoring");
  private static final Pattern METRIC = Pattern.compile("\\b(?:regild|jvm|process)_[a-z0-9_]+");

  @TempDir Path data;

  /** The metrics of a server on which everything has happened once. */
  private Set<String> known() throws Exception {
    Files.writeString(data.resolve("last-backup.json"), "{}");
    try (Metrics metrics = new Metrics();
        Traces traces = Traces.to(Optional.empty(), "node")) {
      metrics.watchData(data);
      metrics.watchCertificate(Instant::now);
      metrics.watchChannels(() -> Map.of("debian-12", Duration.ofSeconds(1)));
      metrics.connections(() -> 1);
      metrics.connectionEnded("refused");
      metrics.request("DescribeImages", "ok", Duration.ofMillis(1));
      try (JobObserver.Part job =
              new JobTelemetry(metrics, traces)
                  .begins("update", new Attempt<>("id", "image", 1, ""));
          JobObserver.Part step = job.step("Prepare")) {
        step.failed("no space");
        job.failed("no space");
      }
      String scraped = metrics.scrape();
      assertThat(scraped)
          .contains("regild_jobs_seconds_count{kind=\"update\",outcome=\"failed\"} 1")
          .contains(
              "regild_job_steps_seconds_count{kind=\"update\",outcome=\"failed\",step=\"Prepare\"} 1")
          .containsPattern("regild_backup_age_seconds [0-9.E-]+\n")
          .containsPattern("regild_data_free_bytes [0-9.E]+\n");
      return scraped
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split("[{ ]", 2)[0])
          .collect(Collectors.toSet());
    }
  }

  private static Set<String> named(Iterable<String> expressions) {
    Set<String> named = new TreeSet<>();
    for (String expression : expressions) {
      Matcher matcher = METRIC.matcher(expression);
      while (matcher.find()) {
        named.add(matcher.group());
      }
    }
    return named;
  }

  @Test
  void eachPanelNamesMetricsOfAServer() throws Exception {
    JsonNode dashboard = JsonMapper.shared().readTree(FILES.resolve("grafana.json").toFile());
    assertThat(dashboard.path("panels")).hasSizeGreaterThan(10);
    Set<Integer> ids = new TreeSet<>();
    for (JsonNode panel : dashboard.path("panels")) {
      ids.add(panel.path("id").asInt(0));
      assertThat(panel.path("targets")).as(panel.path("title").asString("")).isNotEmpty();
    }
    assertThat(ids).hasSize(dashboard.path("panels").size());
    assertThat(known()).containsAll(named(dashboard.findValuesAsString("expr")));
  }

  @Test
  void eachAlertNamesMetricsOfAServerAndSaysWhatToDo() throws Exception {
    JsonNode rules =
        YAMLMapper.shared().readTree(FILES.resolve("alerts.yaml").toFile()).at("/groups/0/rules");
    assertThat(rules).hasSizeGreaterThan(5);
    for (JsonNode rule : rules) {
      assertThat(rule.at("/annotations/description").asString(""))
          .as(rule.path("alert").asString(""))
          .isNotBlank();
    }
    assertThat(known()).containsAll(named(rules.findValuesAsString("expr")));
  }

  @Test
  void prometheusAcceptsTheAlerts() throws Exception {
    HostTools.assume(HostTools.missing("promtool").isEmpty(), "promtool is not installed");
    Process promtool =
        new ProcessBuilder("promtool", "check", "rules", FILES.resolve("alerts.yaml").toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(promtool.getInputStream().readAllBytes(), UTF_8);
    assertThat(promtool.waitFor()).as(said).isZero();
  }
}
