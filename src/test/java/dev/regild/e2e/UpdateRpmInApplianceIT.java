package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.RockyImage;
import dev.regild.rpm.RpmSource;
import dev.regild.servicing.Guest;
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

/** An update by dnf with the isolation {@code vm}, of the disk that {@link UpdateRpmIT} has. */
@EnabledIf("dev.regild.fixtures.RockyImage#isAvailable")
class UpdateRpmInApplianceIT {
  @TempDir Path directory;

  @Test
  void anImageIsRenewedByItsOwnDnfWithoutTheHostEverMountingIt() throws Exception {
    RockyImage rocky = RockyImage.open();
    RpmSource source =
        new RpmSource(
            "file://" + rocky.repository(),
            RpmSource.hostArchitecture(),
            rocky.key().toAbsolutePath().toString());
    try (LocalServer server =
            LocalServer.start(
                directory.resolve("data"),
                LocalServer.channel("ROCKY_LINUX8", List.of(source), RockyImage.AGENT),
                Isolation.VM,
                Map.of());
        AppStreamClient client = server.client()) {
      server.importDisk(client, "rocky", rocky.disk());

      client.createUpdatedImage(r -> r.existingImageName("rocky").newImageName("renewed"));
      Image renewed = LocalServer.await(client, "renewed");

      assertThat(renewed.state()).as(renewed.toString()).isEqualTo(ImageState.AVAILABLE);
      assertThat(renewed.appstreamAgentVersion()).isEqualTo("2.0.0-1.el8");
      JsonNode steps = server.http().get("/regild/v1/updates/renewed").path("steps");
      assertThat(steps.valueStream().map(step -> step.path("status").asString()))
          .hasSize(8)
          .containsOnly("DONE");
      assertThat(steps.path(0).path("detail").asString()).contains("VM");
      assertThat(server.unfinished()).isEmpty();
      assertThat(LocalServer.canUpdate(client, "renewed")).isFalse();
      try (Guest guest = server.open(renewed.arn(), directory.resolve("renewed"))) {
        assertThat(guest.run("rpm", "-q", "kernel-core", "--qf", "%{RELEASE}\\n").lines())
            .containsExactlyInAnyOrder("513.el8", "553.el8");
        assertThat(guest.exists("/.autorelabel")).as("SELINUX=enforcing").isTrue();
      }
    }
  }
}
