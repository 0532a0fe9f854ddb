package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.demo.AgentRepository;
import dev.regild.files.CurrentUser;
import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
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
  private static final Duration LIMIT = Duration.ofMinutes(2);

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

  static List<String> steps() {
    return UpdatableBase.STEPS;
  }

  @Order(1)
  @ParameterizedTest
  @MethodSource("steps")
  void inTheMidstOfAStep(String step) throws Exception {
    String name = "cancelled-in-" + step.toLowerCase(Locale.ROOT);
    String builder = update(name);
    UpdatableBase.awaitMidst(server, name, step);
    cancel(name, builder);
    if (step.equals("Fetch")) {
      repository.flow();
    }
    assertEndedIn(name, step);
    assertNameIsFreeAgain(name);
  }

  @Test
  @Order(2)
  void whileItWaitsForAWorkerAndTheNextOneTakesItsTurn() throws Exception {
    String first = update("first");
    server.awaitStep("first", "Resolve");
    String second = update("second");
    String third = update("third");
    cancel("second", second);
    assertThat(shown("second", "attempt").asInt()).isZero();
    cancel("first", first);
    server.awaitStep("third", "Resolve");
    cancel("third", third);
    assertNothingIsLeft();
    assertThat(server.log()).doesNotContain("image=second step");
  }

  @Test
  @Order(3)
  void aServerThatIsKilledRightAfterwardsDoesNotTakeItUpAgain() throws Exception {
    String builder = update("killed");
    UpdatableBase.awaitMidst(server, "killed", "Apply");
    client.deleteImageBuilder(r -> r.name(builder));
    server.kill();
    client.close();
    start("namespace");
    // Jobs are taken in the order in which they were due.
    String next = update("next");
    server.awaitStep("next", "Prepare");
    assertCancelled("killed");
    assertThat(server.log()).doesNotContain("image=killed");
    cancel("next", next);
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
      String builder = update(name);
      server.awaitStep(name, step);
      server.awaitProcess("qemu-system");
      Thread.sleep(Duration.ofSeconds(1));
      cancel(name, builder);
      assertEndedIn(name, step);
    }
  }

  /** On a file system of its own, of which a file of ours leaves less than an update needs. */
  @Test
  @Order(5)
  void anUpdateForWhichTheServerHasNoRoomSaysSoFirst() throws Exception {
    HostTools.assume(CurrentUser.isRoot(), "only root can mount a file system; run it as root");
    client.close();
    server.close();
    Path small = Files.createDirectory(directory.toRealPath().resolve("small"));
    Program.of("mount", "-t", "tmpfs", "-o", "size=1400m", "none", small.toString()).run();
    try {
      Path data = small.resolve("data");
      Program.of("cp", "-a", base.data().toString(), data.toString()).run();
      server = ServerProcess.start(data, "namespace");
      client = server.client();

      Path canary = small.resolve("canary");
      leaveFree(small, canary, 377L << 20);
      update("without-room");
      assertThat(server.awaitEnd("without-room").at("/StateChangeReason/Message").asString())
          .startsWith("Prepare failed: the server has no room: ")
          .containsPattern(
              " needed for the update of base, 37\\d\\.\\d MiB free in /.*/work, of which");
      server.assertNothingIsLeft();
      try (var layers = Files.list(data.resolve("layers"))) {
        assertThat(layers).hasSize(1);
      }
    } finally {
      client.close();
      server.close();
      Program.of("umount", "-l", small.toString()).run();
    }
  }

  private static void leaveFree(Path fileSystem, Path canary, long bytes) throws Exception {
    long size = Files.getFileStore(fileSystem).getUsableSpace() - bytes;
    Program.of("fallocate", "-l", Long.toString(size), canary.toString()).run();
  }

  /** Starts one, and returns the name of its builder. */
  private static String update(String name) {
    assertThat(
            client
                .createUpdatedImage(r -> r.existingImageName(UpdatableBase.NAME).newImageName(name))
                .canUpdateImage())
        .isTrue();
    return client.describeImageBuilders(r -> {}).imageBuilders().stream()
        .map(ImageBuilder::name)
        .filter(builder -> builder.startsWith(name + "."))
        .findFirst()
        .orElseThrow();
  }

  /** Deletes the builder; the cancellation is there with the answer. */
  private static void cancel(String image, String builder) throws Exception {
    client.deleteImageBuilder(r -> r.name(builder));
    assertCancelled(image);
  }

  private static void assertCancelled(String name) throws Exception {
    Image image = client.describeImages(r -> r.names(name)).images().getFirst();
    assertThat(image.state()).as("%s%n%s", image, server.log()).isEqualTo(ImageState.FAILED);
    assertThat(image.stateChangeReason().message()).contains("cancelled", name + ".");
    assertThat(client.describeImageBuilders(r -> {}).imageBuilders())
        .noneMatch(builder -> builder.name().startsWith(name + "."));
    assertThat(shown(name, "status").asString()).isEqualTo("FAILED");
  }

  /**
   * The step says so, those before it are done, and the job stays where it was. On a fast machine a
   * later step may have begun when the call comes, but not after Fetch, which has to wait. Between
   * two steps, none says so.
   */
  private static void assertEndedIn(String name, String step) throws Exception {
    assertNothingIsLeft();
    int first = UpdatableBase.STEPS.indexOf(step);
    int end = step.equals("Fetch") ? first + 1 : UpdatableBase.STEPS.size();
    List<String> possible = UpdatableBase.STEPS.subList(first, end);
    List<JsonNode> steps = shown(name, "steps").valueStream().toList();
    JsonNode last = steps.getLast();
    assertThat(possible).as("%s", steps).contains(last.path("name").asString());
    if (last.path("status").asString().equals("DONE")) {
      assertThat(last.path("name").asString()).as("%s", steps).isNotEqualTo("Publish");
    } else {
      assertThat(last.path("status").asString()).as("%s", steps).isEqualTo("FAILED");
      assertThat(last.path("detail").asString()).as("%s", steps).isEqualTo("Cancelled.");
    }
    assertThat(steps.subList(0, steps.size() - 1))
        .allMatch(earlier -> earlier.path("status").asString().equals("DONE"));
    assertThat(client.describeImages(r -> r.names(name)).images().getFirst().state())
        .isEqualTo(ImageState.FAILED);
  }

  private static void assertNothingIsLeft() throws Exception {
    server.assertNothingIsLeft();
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
