package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.ChannelStore;
import dev.regild.demo.AgentPackage;
import dev.regild.demo.AgentRepository;
import dev.regild.demo.GoldenImage;
import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.InstalledDisk;
import dev.regild.fixtures.OrdinaryUser;
import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The main job with the isolation {@code vm}, by a server without root, on a real Debian 12 that
 * boots by UEFI from btrfs, by an entry of its own machine's firmware that no other has. Its
 * channel holds the agent alone: under emulation, a new kernel's initramfs would take minutes.
 */
@EnabledIf("dev.regild.fixtures.InstalledDisk#isAvailable")
class UpdateInApplianceIT {
  private static final String GOLDEN = "golden";
  private static final String RENEWED = "renewed";

  @TempDir Path directory;

  @Test
  void anImageIsRenewedWithoutRootAndWithoutTheHostEverMountingIt() throws Exception {
    Path data = directory.resolve("data");
    AgentRepository agent =
        Fixtures.agentRepository(directory.resolve("agent"), GoldenImage.AGENT, Fixtures.NEW_AGENT);
    ChannelStore channels = new ChannelStore(data, Clock.systemUTC());
    channels.add(
        LocalServer.channel("DEBIAN_12", List.of(LocalServer.source(agent)), AgentPackage.NAME));
    channels.refresh(LocalServer.CHANNEL);
    Program.of("chmod", "-R", "a+rX", directory.toString()).run();
    try (ServerProcess server = ServerProcess.startAsOrdinaryUser(data, "vm")) {
      assertThat(server.user()).isEqualTo(OrdinaryUser.NAME);
      JsonNode base = server.importDisk(InstalledDisk.open(), GOLDEN);
      assertThat(base.path("AppstreamAgentVersion").asString())
          .as("%s%n%s", base, server.log())
          .isEqualTo(GoldenImage.AGENT.version());

      server.call(
          "CreateUpdatedImage", Map.of("existingImageName", GOLDEN, "newImageName", RENEWED));
      JsonNode renewed = server.awaitEnd(RENEWED);

      assertThat(renewed.path("State").asString())
          .as("%s%n%s", renewed, server.log())
          .isEqualTo("AVAILABLE");
      assertThat(renewed.path("AppstreamAgentVersion").asString())
          .isEqualTo(Fixtures.NEW_AGENT.version());
      JsonNode steps = server.get("/regild/v1/updates/" + RENEWED).body().path("steps");
      assertThat(steps.valueStream().map(step -> step.path("status").asString()))
          .hasSize(8)
          .containsOnly("DONE");
      assertThat(steps.path(0).path("detail").asString()).contains("VM");
      JsonNode image = server.get("/regild/v1/images/" + RENEWED).body();
      assertThat(image.path("qualification").path("systemState").asString()).isEqualTo("running");
      Path layer = data.resolve("layers/" + image.at("/layer/id").asString() + ".qcow2");
      assertThat(InstalledDisk.efiFiles(layer, directory))
          .as("the fallback boot loader was on the throw-away layer alone")
          .containsExactly("::/EFI/", "::/EFI/debian/", "::/EFI/debian/grubx64.efi");
      assertThat(server.call("DescribeImageBuilders", Map.of()).body().path("ImageBuilders"))
          .isEmpty();
      JsonNode again =
          server
              .call(
                  "CreateUpdatedImage",
                  Map.of("existingImageName", RENEWED, "newImageName", "next", "dryRun", true))
              .body();
      assertThat(again.path("canUpdateImage").asBoolean(true)).as("%s", again).isFalse();
      server.assertNothingIsLeft();
    }
    assertThatAllBelongsToTheServer(data);
  }

  private static void assertThatAllBelongsToTheServer(Path data) throws Exception {
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.toList()) {
        assertThat(Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).getName())
            .as("%s", file)
            .isEqualTo(OrdinaryUser.NAME);
      }
    }
  }
}
