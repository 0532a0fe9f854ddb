package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.demo.AgentPackage;
import dev.regild.fixtures.Fixtures;
import dev.regild.servicing.Isolation;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.Image;
import software.amazon.awssdk.services.appstream.model.ImageBuilder;
import software.amazon.awssdk.services.appstream.model.ImageState;
import tools.jackson.databind.JsonNode;

/**
 * A schedule with a canary on two lines of a real Debian 12: once its canary fails, and once it is
 * updated and boots. The channel holds the agent alone, so that an update takes seconds up to its
 * boot.
 */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class ScheduledUpdateIT {
  private static final Duration LIMIT = Duration.ofMinutes(5);

  @TempDir static Path directory;

  @Test
  void aWaveStopsWithItsCanaryAndGoesOnAfterIt() throws Exception {
    try (LocalServer server =
            LocalServer.start(
                directory.toRealPath().resolve("data"),
                LocalServer.channel(
                    "DEBIAN_12",
                    List.of(LocalServer.source(Fixtures.agentRepository())),
                    AgentPackage.NAME),
                Isolation.NAMESPACE,
                Map.of("prefetch", "off"));
        AppStreamClient client = server.client()) {
      SignedHttp http = server.http();
      Image golden = server.importDisk(client, "web-1", Fixtures.goldenImage());
      assertThat(golden.state()).as("%s", golden).isEqualTo(ImageState.AVAILABLE);
      client.copyImage(r ->
          r.sourceImageName("web-1")
              .destinationImageName("web-2")
              .destinationRegion(LocalServer.REGION));
      assertThat(LocalServer.await(client, "web-2").state()).isEqualTo(ImageState.AVAILABLE);
      for (String line : List.of("web-1", "web-2")) {
        http.post("/regild/v1/lines/" + line, "{\"image\": \"%s\"}".formatted(line));
      }
      http.post(
          "/regild/v1/schedules",
          """
          {"name": "waves", "spec": {"lines": ["web-*"], "cron": "0 3 1 1 *", "canary": 1,
           "atMost": 2, "alias": "latest"}}
          """);

      http.post("/regild/v1/schedules/waves/run", "{}");
      await(
          "the canary",
          () -> client.describeImageBuilders(r -> {}).imageBuilders(),
          it -> !it.isEmpty());
      ImageBuilder canary = client.describeImageBuilders(r -> {}).imageBuilders().getFirst();
      assertThat(canary.name()).startsWith("web-1-2.");
      client.deleteImageBuilder(r -> r.name(canary.name()));
      JsonNode stopped = ended(http);
      assertThat(decision(stopped, "web-1").path("outcome").asString()).isEqualTo("FAILED");
      assertThat(decision(stopped, "web-2").path("outcome").asString()).isEqualTo("STOPPED");
      assertThat(decision(stopped, "web-2").path("reason").asString())
          .startsWith("The canary of the line web-1 failed: ")
          .contains("cancelled");

      http.post("/regild/v1/schedules/waves/run", "{}");
      Image made = LocalServer.await(client, awaited(client, "web-1-3"));
      assertThat(made.state()).as("%s", made).isEqualTo(ImageState.AVAILABLE);
      assertThat(made.appstreamAgentVersion()).isEqualTo(Fixtures.NEW_AGENT.version());
      String next = awaited(client, "web-2-2");
      assertThat(http.get("/regild/v1/aliases/web-1/latest").at("/moves/0/image").asString())
          .isEqualTo("web-1-3");
      assertThat(http.get("/regild/v1/images/web-1-3").at("/qualification/systemState").asString())
          .isEqualTo("running");
      client.deleteImageBuilder(
          r -> r.name(client.describeImageBuilders(q -> {}).imageBuilders().getFirst().name()));
      client.deleteImage(r -> r.name(next));
      assertThat(types(http))
          .contains(
              "key.first-used",
              "channel.snapshot-arrived",
              "image.update-available",
              "image.update-accepted",
              "image.update-failed",
              "image.qualified",
              "image.update-succeeded",
              "alias.moved",
              "image.deleted");
    }
  }

  private static JsonNode ended(SignedHttp http) throws Exception {
    return await(
        "the end of the run",
        () -> http.get("/regild/v1/schedules/waves").at("/runs/0"),
        run -> run.has("ended"));
  }

  private static JsonNode decision(JsonNode run, String line) {
    return run.path("lines")
        .valueStream()
        .filter(each -> each.path("line").asString().equals(line))
        .findFirst()
        .orElseThrow();
  }

  private static String awaited(AppStreamClient client, String name) throws Exception {
    await(
        name,
        () -> client.describeImages(r -> {}).images(),
        all -> all.stream().anyMatch(each -> each.name().equals(name)));
    return name;
  }

  private static Set<String> types(SignedHttp http) throws Exception {
    return await(
        "all events",
        () -> {
          Set<String> types = new HashSet<>();
          http.get("/regild/v1/events?after=0&limit=1000")
              .path("events")
              .forEach(each -> types.add(each.path("type").asString().replace("dev.regild.", "")));
          return types;
        },
        // The last one comes when the files of the image are gone.
        types -> types.contains("image.deleted") && types.contains("image.update-available"));
  }

  private interface Question<T> {
    T ask() throws Exception;
  }

  private static <T> T await(String what, Question<T> question, Predicate<T> done)
      throws Exception {
    Instant end = Instant.now().plus(LIMIT);
    T answer = question.ask();
    while (!done.test(answer)) {
      assertThat(Instant.now()).as("%s: %s", what, answer).isBefore(end);
      Thread.sleep(200);
      answer = question.ask();
    }
    return answer;
  }
}
