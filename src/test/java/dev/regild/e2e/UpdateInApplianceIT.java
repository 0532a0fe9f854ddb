package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.demo.AgentRepository;
import dev.regild.demo.GoldenImage;
import dev.regild.fixtures.Fixtures;
import dev.regild.servicing.Isolation;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.Image;
import software.amazon.awssdk.services.appstream.model.ImageState;
import tools.jackson.databind.JsonNode;

/**
 * The main job with the isolation {@code vm}, on a real Debian 12 that boots. Its channel holds the
 * agent alone: under emulation, a new kernel's initramfs would take minutes.
 */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class UpdateInApplianceIT {
  @TempDir Path directory;

  @Test
  void anImageIsRenewedWithoutTheHostEverMountingIt() throws Exception {
    Path data = directory.resolve("data");
    AgentRepository agent =
        Fixtures.agentRepository(directory.resolve("agent"), GoldenImage.AGENT, Fixtures.NEW_AGENT);
    try (LocalServer server =
            LocalServer.start(data, List.of(LocalServer.source(agent)), Isolation.VM);
        AppStreamClient client = server.client()) {
      SignedHttp http = server.http();
      Image base = server.importDisk(client, "golden", Fixtures.goldenImage());
      assertThat(base.appstreamAgentVersion()).isEqualTo(GoldenImage.AGENT.version());

      client.createUpdatedImage(r -> r.existingImageName("golden").newImageName("renewed"));
      Image renewed = LocalServer.await(client, "renewed");

      assertThat(renewed.state()).as(renewed.toString()).isEqualTo(ImageState.AVAILABLE);
      assertThat(renewed.appstreamAgentVersion()).isEqualTo(Fixtures.NEW_AGENT.version());
      JsonNode update = http.get("/regild/v1/updates/renewed");
      assertThat(update.path("steps").valueStream().map(step -> step.path("status").asString()))
          .hasSize(8)
          .containsOnly("DONE");
      assertThat(update.path("steps").path(0).path("detail").asString()).contains("VM");
      JsonNode image = http.get("/regild/v1/images/renewed");
      assertThat(image.path("qualification").path("systemState").asString()).isEqualTo("running");
      assertThat(server.unfinished()).isEmpty();
      assertThat(client.describeImageBuilders(r -> {}).imageBuilders()).isEmpty();
      assertThat(LocalServer.canUpdate(client, "renewed")).isFalse();
      assertThat(client.listTagsForResource(r -> r.resourceArn(renewed.arn())).tags())
          .isEqualTo(Map.of());
    }
  }
}
