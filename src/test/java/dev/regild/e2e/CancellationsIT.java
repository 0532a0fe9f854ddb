package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.demo.AgentRepository;
import dev.regild.fixtures.Fixtures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.Image;
import software.amazon.awssdk.services.appstream.model.ImageBuilder;
import software.amazon.awssdk.services.appstream.model.ImageState;
import software.amazon.awssdk.services.appstream.model.ResourceNotFoundException;
import tools.jackson.databind.JsonNode;

/**
 * Updates of a real image whose builder is deleted while they are made. The repository's package
 * does not come whole before {@code Fetch} was cancelled in the midst of its download.
 */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CancellationsIT {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  @TempDir static Path directory;

  private static StallingRepository repository;
  private static UpdatableBase base;
  private static ServerProcess server;
  private static AppStreamClient client;

  @BeforeAll
  static void start() throws Exception {
    AgentRepository agent = Fixtures.agentRepository();
    repository = StallingRepository.serve(agent.root().toAbsolutePath());
    base =
        UpdatableBase.make(
            directory.toRealPath().resolve("data"), LocalServer.source(agent, repository.uri()));
    start("namespace");
  }

  private static void start(String isolation) throws Exception {
    server = ServerProcess.start(base.data(), isolation);
    client = server.client();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      client.close();
      server.close();
    }
    if (repository != null) {
      repository.close();
    }
  }

  static Set<String> steps() {
    return UpdatableBase.STEPS.keySet();
  }

  @Order(1)
  @ParameterizedTest
  @MethodSource("steps")
  void inTheMidstOfAStep(String step) throws Exception {
    String name = "cancelled-in-" + step.toLowerCase(Locale.ROOT);
    update(name);
    server.awaitStep(name, step);
    Thread.sleep(UpdatableBase.STEPS.get(step));
    cancel(name);
    if (step.equals("Fetch")) {
      repository.flow();
    }
    assertEndedIn(name, step);
    assertNameIsFreeAgain(name);
  }

  @Test
  @Order(2)
  void whileItWaitsForAWorkerAndTheNextOneTakesItsTurn() throws Exception {
    update("first");
    server.awaitStep("first", "Resolve");
    update("second");
    update("third");
    cancel("second");
    assertThat(shown("second", "attempt").asInt()).isZero();
    cancel("first");
    server.awaitStep("third", "Resolve");
    cancel("third");
    assertNothingIsLeft();
    assertThat(server.log()).doesNotContain("image=second step");
  }

  @Test
  @Order(3)
  void aServerThatIsKilledRightAfterwardsDoesNotTakeItUpAgain() throws Exception {
    update("killed");
    server.awaitStep("killed", "Apply");
    Thread.sleep(UpdatableBase.STEPS.get("Apply"));
    deleteBuilder("killed");
    server.kill();
    client.close();
    start("namespace");
    // Jobs are taken in the order in which they were due.
    update("next");
    server.awaitStep("next", "Prepare");
    assertCancelled("killed");
    assertThat(server.log()).doesNotContain("image=killed");
    cancel("next");
    assertNothingIsLeft();
  }

  @Test
  @Order(4)
  void inAnApplianceThatStartsAndInOneThatWorks() throws Exception {
    client.close();
    server.close();
    start("vm");
    for (String step : List.of("Prepare", "Resolve")) {
      String name = "appliance-" + step.toLowerCase(Locale.ROOT);
      update(name);
      server.awaitStep(name, step);
      Thread.sleep(Duration.ofSeconds(2));
      cancel(name);
      assertEndedIn(name, step);
    }
  }

  private static void update(String name) {
    assertThat(
            client
                .createUpdatedImage(r -> r.existingImageName(UpdatableBase.NAME).newImageName(name))
                .canUpdateImage())
        .isTrue();
  }

  private static void deleteBuilder(String image) {
    String builder =
        client.describeImageBuilders(r -> {}).imageBuilders().stream()
            .map(ImageBuilder::name)
            .filter(name -> name.startsWith(image + "."))
            .findFirst()
            .orElseThrow();
    client.deleteImageBuilder(r -> r.name(builder));
  }

  /** Deletes the builder, and sees to it that the cancellation is there in time. */
  private static void cancel(String image) throws Exception {
    long start = System.nanoTime();
    deleteBuilder(image);
    assertCancelled(image);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LIMIT);
  }

  private static void assertCancelled(String name) throws Exception {
    Image image = client.describeImages(r -> r.names(name)).images().getFirst();
    assertThat(image.state()).as("%s", image).isEqualTo(ImageState.FAILED);
    assertThat(image.stateChangeReason().message()).contains("cancelled", name + ".");
    assertThat(client.describeImageBuilders(r -> {}).imageBuilders())
        .noneMatch(builder -> builder.name().startsWith(name + "."));
    assertThat(shown(name, "status").asString()).isEqualTo("FAILED");
  }

  /** The step says so, those before it are done, and the job stays where it was. */
  private static void assertEndedIn(String name, String step) throws Exception {
    assertNothingIsLeft();
    List<JsonNode> steps = shown(name, "steps").valueStream().toList();
    JsonNode last = steps.getLast();
    assertThat(last.path("name").asString() + " " + last.path("detail").asString())
        .as("%s", steps)
        // Prepare may be over in a tenth of a second, before the call comes.
        .matches((step.equals("Prepare") ? "(Prepare|Resolve)" : step) + " Cancelled\\.");
    assertThat(last.path("status").asString()).isEqualTo("FAILED");
    assertThat(steps.subList(0, steps.size() - 1))
        .allMatch(earlier -> earlier.path("status").asString().equals("DONE"));
    assertThat(client.describeImages(r -> r.names(name)).images().getFirst().state())
        .isEqualTo(ImageState.FAILED);
  }

  private static void assertNothingIsLeft() throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!server.leftovers().isEmpty() && System.nanoTime() < deadline) {
      Thread.sleep(100);
    }
    assertThat(server.leftovers()).as("%s", server.log()).isEmpty();
    assertThat(base.layers()).containsExactly(base.layer());
    base.assertUntouched();
  }

  private static void assertNameIsFreeAgain(String name) throws Exception {
    client.deleteImage(r -> r.name(name));
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (server.get("/regild/v1/updates/" + name).status() == 200
        && System.nanoTime() < deadline) {
      Thread.sleep(50);
    }
    assertThatThrownBy(() -> client.describeImages(r -> r.names(name)))
        .isInstanceOf(ResourceNotFoundException.class);
    assertThat(
            client
                .createUpdatedImage(
                    r -> r.existingImageName(UpdatableBase.NAME).newImageName(name).dryRun(true))
                .canUpdateImage())
        .isTrue();
  }

  private static JsonNode shown(String image, String member) throws Exception {
    return server.get("/regild/v1/updates/" + image).body().path(member);
  }
}
