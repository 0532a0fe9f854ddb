package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.AptSource;
import dev.regild.channel.Channel;
import dev.regild.channel.Channels;
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
import java.util.LinkedHashMap;
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

  /**
   * The steps, and how long after its begin one is under way: in the midst of those that take
   * longer, right after the begin of those that are done sooner.
   */
  static final Map<String, Duration> STEPS = steps();

  private static Map<String, Duration> steps() {
    Map<String, Duration> steps = new LinkedHashMap<>();
    steps.put("Prepare", Duration.ofMillis(30));
    steps.put("Resolve", Duration.ofMillis(200));
    steps.put("Fetch", Duration.ZERO);
    steps.put("Apply", Duration.ofMillis(700));
    steps.put("Verify", Duration.ofMillis(100));
    steps.put("Seal", Duration.ofMillis(100));
    steps.put("Qualify", Duration.ofSeconds(6));
    steps.put("Publish", Duration.ofMillis(50));
    return steps;
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
    Channels channels = new Channels(data, Clock.systemUTC());
    channels.add(channel);
    channels.refresh(channel.name());
    try (ServerProcess server = ServerProcess.start(data, "namespace")) {
      JsonNode base = server.importDisk(disk, NAME);
      assertThat(base.path("State").asString()).as("%s", base).isEqualTo("AVAILABLE");
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
