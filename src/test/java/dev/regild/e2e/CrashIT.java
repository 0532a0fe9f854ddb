package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.Fixtures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A server that is killed, and one that is told to end, in the middle of an update: the next one on
 * the same data ends the update well, and nothing stays of what the first had going.
 */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class CrashIT {
  @TempDir static Path directory;
  private static UpdatableBase base;

  private ServerProcess server;

  @BeforeAll
  static void importTheBase() throws Exception {
    base =
        UpdatableBase.make(
            directory.toRealPath().resolve("data"), LocalServer.source(Fixtures.agentRepository()));
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void anUpdateThatIsKilledAtEachStepEndsAvailable() throws Exception {
    server = ServerProcess.start(base.data(), "namespace");
    startUpdate("killed");
    for (String step : UpdatableBase.STEPS) {
      UpdatableBase.awaitMidst(server, "killed", step);
      server.kill();
      server = ServerProcess.start(base.data(), "namespace");
    }
    assertEndsWell("killed", UpdatableBase.STEPS.size());
  }

  @Test
  void anUpdateThatIsHandedBackWhileItInstallsAndWhileItBootsEndsAvailable() throws Exception {
    server = ServerProcess.start(base.data(), "namespace");
    startUpdate("stopped");
    for (String step : List.of("Apply", "Qualify")) {
      UpdatableBase.awaitMidst(server, "stopped", step);
      assertThat(server.terminate())
          .as("it ended, in the midst of %s:%n%s", step, server.log())
          .isTrue();
      assertThat(server.leftovers()).as("after %s:%n%s", step, server.log()).isEmpty();
      server = ServerProcess.start(base.data(), "namespace");
    }
    // How many attempts there were depends on whether Apply ended in the time it was given.
    assertEndsWell("stopped", 2);
  }

  private void startUpdate(String name) throws Exception {
    ServerProcess.Answer answer =
        server.call(
            "CreateUpdatedImage",
            Map.of("existingImageName", UpdatableBase.NAME, "newImageName", name));
    assertThat(answer.body().path("canUpdateImage").asBoolean()).as("%s", answer.body()).isTrue();
  }

  /**
   * @param attempts how many there were at the least
   */
  private void assertEndsWell(String name, int attempts) throws Exception {
    JsonNode image = server.awaitEnd(name);
    assertThat(image.path("State").asString())
        .as("%s%n%s", image, server.log())
        .isEqualTo("AVAILABLE");
    JsonNode update = server.get("/regild/v1/updates/" + name).body();
    assertThat(update.path("status").asString()).isEqualTo("SUCCEEDED");
    assertThat(update.path("steps")).as("%s", update).hasSize(UpdatableBase.STEPS.size());
    assertThat(update.path("attempt").asInt()).as("%s", update).isGreaterThanOrEqualTo(attempts);
    assertThat(server.call("DescribeImageBuilders", Map.of()).body().path("ImageBuilders"))
        .isEmpty();
    assertNothingIsLeft();
    base.assertUntouched();
  }

  private void assertNothingIsLeft() throws Exception {
    server.assertNothingIsLeft();
    try (Stream<Path> disks = Files.list(base.data().resolve("disks"))) {
      assertThat(disks).isEmpty();
    }
  }
}
