package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.demo.GoldenImage;
import dev.regild.fixtures.Fixtures;
import dev.regild.machine.Program;
import dev.regild.server.NodeModules;
import dev.regild.servicing.Isolation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/**
 * The main job in browsers, on a real Debian: log in, upload and import the golden image, look at
 * the plan, update, watch, look at the evidence, compare, export, delete; in Chromium, and in
 * Firefox with the keyboard alone. The channel offers the agent alone, so that the update takes
 * seconds up to its boot.
 */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class ConsoleMainJobIT {
  @Test
  void anImageIsImportedUpdatedComparedExportedAndDeletedInBrowsers(@TempDir Path directory)
      throws Exception {
    var agent =
        Fixtures.agentRepository(directory.resolve("agent"), GoldenImage.AGENT, Fixtures.NEW_AGENT);
    try (LocalServer server =
        LocalServer.start(
            directory.resolve("data"), List.of(LocalServer.source(agent)), Isolation.NAMESPACE)) {
      doMainJob(server, "console-main-job.mjs");
      doMainJob(server, "console-firefox.mjs");
    }
  }

  private static void doMainJob(LocalServer server, String name) throws Exception {
    Path script = NodeModules.install().with(Path.of("src/test/javascript", name));
    Map<String, String> scene =
        Map.of(
            "url",
            server.endpoint().toString(),
            "key",
            server.key().accessKeyId(),
            "secret",
            server.key().secretAccessKey(),
            "disk",
            Fixtures.goldenImage().toString());
    String said =
        new Program(
                List.of("node", script.toString(), JsonMapper.shared().writeValueAsString(scene)),
                Duration.ofMinutes(10),
                System.getenv())
            .run();
    assertThat(said.strip()).as(name).endsWith("done");
    assertThat(server.unfinished()).as(name).isEmpty();
  }
}
