package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.Fixtures;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
  private static final String UPDATED = "updated";

  /** While it installs, and while it boots. */
  private static final List<String> HANDED_BACK_IN = List.of("Apply", "Qualify");

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

  /** Handed back after most of the kills, so that only the last of them waits for a whole boot. */
  @Test
  void anUpdateThatIsKilledAtEachStepAndHandedBackTwiceEndsAvailable() throws Exception {
    List<String> beforePublish = UpdatableBase.STEPS.subList(0, UpdatableBase.STEPS.size() - 1);
    server = ServerProcess.start(base.data(), "namespace");
    startUpdate();
    for (String step : beforePublish) {
      killIn(step);
    }
    for (String step : HANDED_BACK_IN) {
      handBackIn(step);
    }
    killIn(UpdatableBase.STEPS.getLast());
    // How many attempts there were depends on whether Apply ended in the time it was given.
    assertEndsWell(UpdatableBase.STEPS.size() + HANDED_BACK_IN.size());
  }

  private void killIn(String step) throws Exception {
    UpdatableBase.awaitMidst(server, UPDATED, step);
    server.kill();
    server = ServerProcess.start(base.data(), "namespace");
  }

  private void handBackIn(String step) throws Exception {
    UpdatableBase.awaitMidst(server, UPDATED, step);
    assertThat(server.terminate())
        .as("it ended, in the midst of %s:%n%s", step, server.log())
        .isTrue();
    assertThat(server.leftovers()).as("after %s:%n%s", step, server.log()).isEmpty();
    server = ServerProcess.start(base.data(), "namespace");
  }

  private void startUpdate() throws Exception {
    ServerProcess.Answer answer =
        server.call(
            "CreateUpdatedImage",
            Map.of("existingImageName", UpdatableBase.NAME, "newImageName", UPDATED));
    assertThat(answer.body().path("canUpdateImage").asBoolean()).as("%s", answer.body()).isTrue();
  }

  /**
   * @param attempts how many there were at the least
   */
  private void assertEndsWell(int attempts) throws Exception {
    JsonNode image = server.awaitEnd(UPDATED);
    assertThat(image.path("State").asString())
        .as("%s%n%s", image, server.log())
        .isEqualTo("AVAILABLE");
    JsonNode update = server.get("/regild/v1/updates/" + UPDATED).body();
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
    server.assertNoDiskIsLeft();
  }
}
