package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.apt.AptSource;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.demo.AgentPackage;
import dev.regild.fixtures.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * A data directory with an image, named {@value #NAME}, and its channel. Unless told otherwise it
 * is the golden image, and the channel holds the agent alone, so that an update takes seconds up to
 * its qualification.
 *
 * @param layer the image's only layer
 * @param checksum of that layer as it was imported
 */
record UpdatableBase(Path data, Path layer, String checksum) {
  static final String NAME = "base";
  private static final String CHANNEL = "agent-only";

  /** The steps, in their order. */
  static final List<String> STEPS =
      List.of("Prepare", "Resolve", "Fetch", "Apply", "Verify", "Seal", "Qualify", "Publish");

  /**
   * How long after its begin a step is likely to be in its midst; a faster machine is in the next
   * one by then. No time for Publish, since there is no next one, nor for Fetch, which is short.
   */
  private static final Map<String, Duration> MIDST =
      Map.of(
          "Prepare", Duration.ofMillis(30),
          "Resolve", Duration.ofMillis(200),
          "Apply", Duration.ofMillis(700),
          "Verify", Duration.ofMillis(100),
          "Seal", Duration.ofMillis(100));

  /** Waits until a step of the update that makes the image is under way, or already over. */
  static void awaitMidst(ServerProcess server, String image, String step) throws Exception {
    server.awaitStep(image, step);
    if (step.equals("Qualify")) {
      // From here the guest takes seconds to boot, on any machine.
      server.awaitProcess("qemu-system");
    } else {
      Thread.sleep(MIDST.getOrDefault(step, Duration.ZERO));
    }
  }

  /**
   * Makes the data directory; no server runs on it when this returns.
   *
   * @param agent the repository of the agent
   */
  static UpdatableBase make(Path data, AptSource agent) throws Exception {
    Channel channel =
        new Channel(
            CHANNEL,
            "DEBIAN_12",
            List.of(agent),
            Channel.DEFAULT_DRIVER_PACKAGES,
            List.of(AgentPackage.NAME),
            Duration.ofDays(1));
    return make(data, channel, Fixtures.goldenImage());
  }

  /** The same with another channel and another disk. */
  static UpdatableBase make(Path data, Channel channel, Path disk) throws Exception {
    ChannelStore channels = new ChannelStore(data, Clock.systemUTC());
    channels.add(channel);
    channels.refresh(channel.name());
    try (ServerProcess server = ServerProcess.start(data, "namespace")) {
      JsonNode base = server.importDisk(disk, NAME);
      assertThat(base.path("State").asString())
          .as("%s%n%s", base, server.log())
          .isEqualTo("AVAILABLE");
    }
    Path layer = layers(data).getFirst();
    return new UpdatableBase(data, layer, sha256(layer));
  }

  /** The layers that there are now. */
  List<Path> layers() throws IOException {
    return layers(data);
  }

  void assertUntouched() throws Exception {
    assertThat(sha256(layer)).as("the base layer's checksum").isEqualTo(checksum);
  }

  private static List<Path> layers(Path data) throws IOException {
    try (Stream<Path> layers = Files.list(data.resolve("layers"))) {
      return layers.toList();
    }
  }

  private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
  }
}
