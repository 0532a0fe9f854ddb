package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.AptSource;
import dev.regild.channel.Channel;
import dev.regild.channel.Channels;
import dev.regild.demo.AgentPackage;
import dev.regild.demo.AgentRepository;
import dev.regild.fixtures.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
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
 * the same data ends the update well, and nothing stays of what the first had going. The channel
 * holds the agent alone, so that an attempt takes seconds up to its qualification.
 */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class CrashIT {
  private static final String BASE = "base";

  /**
   * How long after a step's begin the server is killed: in the midst of those that take longer,
   * right after those that are done sooner.
   */
  private static final Map<String, Duration> STEPS = steps();

  private static final Duration END_OF_CHILDREN = Duration.ofSeconds(10);

  @TempDir static Path directory;
  private static Path data;
  private static Path baseLayer;
  private static String baseChecksum;

  private ServerProcess server;

  private static Map<String, Duration> steps() {
    Map<String, Duration> steps = new LinkedHashMap<>();
    steps.put("Prepare", Duration.ofMillis(100));
    steps.put("Resolve", Duration.ofMillis(200));
    steps.put("Fetch", Duration.ZERO);
    steps.put("Apply", Duration.ofMillis(700));
    steps.put("Verify", Duration.ofMillis(100));
    steps.put("Seal", Duration.ofMillis(100));
    steps.put("Qualify", Duration.ofSeconds(6));
    steps.put("Publish", Duration.ofMillis(200));
    return steps;
  }

  @BeforeAll
  static void importTheBase() throws Exception {
    data = directory.toRealPath().resolve("data");
    AgentRepository agent = Fixtures.agentRepository();
    Channels channels = new Channels(data, Clock.systemUTC());
    channels.add(
        new Channel(
            "agent-only",
            "DEBIAN_12",
            List.of(
                new AptSource(
                    List.of("file://" + agent.root().toAbsolutePath()),
                    List.of(AgentRepository.SUITE),
                    List.of(AgentRepository.COMPONENT),
                    List.of(AptSource.hostArchitecture()),
                    agent.keyring().toAbsolutePath().toString())),
            Channel.DEFAULT_DRIVER_PACKAGES,
            List.of(AgentPackage.NAME),
            Duration.ofDays(1)));
    channels.refresh("agent-only");
    try (ServerProcess server = ServerProcess.start(data, "namespace")) {
      JsonNode base = server.importDisk(Fixtures.goldenImage(), BASE);
      assertThat(base.path("State").asString()).as("%s", base).isEqualTo("AVAILABLE");
    }
    try (Stream<Path> layers = Files.list(data.resolve("layers"))) {
      baseLayer = layers.toList().getFirst();
    }
    baseChecksum = sha256(baseLayer);
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void anUpdateThatIsKilledAtEachStepEndsAvailable() throws Exception {
    server = ServerProcess.start(data, "namespace");
    startUpdate("killed");
    for (Map.Entry<String, Duration> step : STEPS.entrySet()) {
      server.awaitStep("killed", step.getKey());
      Thread.sleep(step.getValue());
      server.kill();
      server = ServerProcess.start(data, "namespace");
    }
    assertEndsWell("killed", STEPS.size());
  }

  @Test
  void anUpdateThatIsHandedBackWhileItInstallsAndWhileItBootsEndsAvailable() throws Exception {
    server = ServerProcess.start(data, "namespace");
    startUpdate("stopped");
    for (String step : List.of("Apply", "Qualify")) {
      server.awaitStep("stopped", step);
      Thread.sleep(STEPS.get(step));
      assertThat(server.terminate(Duration.ofSeconds(10)))
          .as("it ended within 10 s, in the midst of %s:%n%s", step, server.log())
          .isTrue();
      assertThat(server.leftovers()).as("after %s:%n%s", step, server.log()).isEmpty();
      server = ServerProcess.start(data, "namespace");
    }
    // How many attempts there were depends on whether Apply ended in the time it was given.
    assertEndsWell("stopped", 2);
  }

  private void startUpdate(String name) throws Exception {
    ServerProcess.Answer answer =
        server.call("CreateUpdatedImage", Map.of("existingImageName", BASE, "newImageName", name));
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
    assertThat(update.path("steps")).as("%s", update).hasSize(STEPS.size());
    assertThat(update.path("attempt").asInt()).as("%s", update).isGreaterThanOrEqualTo(attempts);
    assertThat(server.call("DescribeImageBuilders", Map.of()).body().path("ImageBuilders"))
        .isEmpty();
    assertNothingIsLeft();
    assertThat(sha256(baseLayer)).as("the base layer's checksum").isEqualTo(baseChecksum);
  }

  private void assertNothingIsLeft() throws Exception {
    long deadline = System.nanoTime() + END_OF_CHILDREN.toNanos();
    while (!server.leftovers().isEmpty() && System.nanoTime() < deadline) {
      Thread.sleep(200);
    }
    assertThat(server.leftovers()).isEmpty();
    try (Stream<Path> disks = Files.list(data.resolve("disks"))) {
      assertThat(disks).isEmpty();
    }
  }

  private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
  }
}
