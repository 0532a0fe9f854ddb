package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.image.Images;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** What commands print of a server: the lines of a job, and data in each form. */
@ExtendWith(RunningServer.class)
class LogsAndOutputTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private static ServerFixture server;
  private static CommandLineOf commands;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    commands = CommandLineOf.of(server);
    server.golden("us-east-1", "golden");
  }

  @Test
  void everyListHasThreeForms() {
    assertThat(commands.run(0, "images")).startsWith("NAME").contains("golden");
    assertThat(commands.run(0, "images", "--output", "table")).startsWith("NAME");
    JsonNode json = JsonMapper.shared().readTree(commands.run(0, "images", "--output", "json"));
    JsonNode yaml = YAMLMapper.shared().readTree(commands.run(0, "images", "--output", "yaml"));
    assertThat(json.at("/0/Name").asString()).isEqualTo("golden");
    assertThat(yaml).isEqualTo(json);
    assertThat(commands.run(0, "images", "--json").strip())
        .isEqualTo(commands.run(0, "images", "--output", "json").strip());
    // A list that the server has no document for has its columns as members.
    JsonNode lines = YAMLMapper.shared().readTree(commands.run(0, "line", "list", "--output=yaml"));
    assertThat(lines.isArray()).isTrue();
    assertThat(commands.run(2, "images", "--output", "xml")).contains("TABLE, JSON, YAML");
    assertThat(commands.run(0, "images", "--help")).contains("--output=table|json|yaml");
  }

  @Test
  void theLogFollowsAJobToItsEnd() throws Exception {
    commands.run(0, "update", "golden", "followed");
    begin("followed", 1, "Prepare");
    done("followed", 1, "isolation VM");
    assertThat(commands.run(0, "logs", "followed"))
        .containsPattern("\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z +accepted")
        .containsPattern("Z +Prepare started")
        .containsPattern("Z +Prepare done +\\d+ ms: isolation VM");
    assertThat(commands.run(0, "logs", "followed", "--output", "yaml")).contains("steps:");

    FutureTask<String> following =
        new FutureTask<>(() -> commands.run(1, "logs", "followed", "--follow"));
    Thread.ofVirtual().start(following);
    begin("followed", 2, "Resolve");
    Thread.sleep(700);
    commands.run(0, "cancel", "followed");
    assertThat(following.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
        .containsOnlyOnce("Prepare done")
        .containsPattern("FAILED +The update was cancelled");
    assertThat(commands.run(1, "logs", "nobody")).contains("nobody");
  }

  private static void begin(String image, int ordinal, String step) {
    server.database.useTransaction(handle -> {
      String id = Images.require(handle, server.owner("us-east-1"), image).id();
      int attempt = ordinal == 1 ? server.updates.beginAttempt(handle, id) : 1;
      server.steps.begin(handle, id, attempt, ordinal, step);
    });
  }

  private static void done(String image, int ordinal, String detail) {
    server.database.useTransaction(handle -> {
      String id = Images.require(handle, server.owner("us-east-1"), image).id();
      server.steps.done(handle, id, 1, ordinal, detail);
    });
  }
}
