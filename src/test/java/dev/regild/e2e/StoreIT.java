package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.demo.AgentPackage;
import dev.regild.files.FileTree;
import dev.regild.fixtures.Fixtures;
import dev.regild.machine.Program;
import dev.regild.store.S3Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * An import, an update and an export of a real Debian 12 whose layers are kept by a real S3 server;
 * and the same image after its layer was changed there.
 */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class StoreIT {
  @TempDir static Path directory;

  @Test
  void anImageIsImportedUpdatedAndExportedWithItsLayersInAStore() throws Exception {
    Path data = directory.toRealPath().resolve("data");
    addChannel(data);
    try (S3Proxy store = S3Proxy.start(directory.resolve("store"))) {
      try (ServerProcess server = start(data, store)) {
        JsonNode base = server.importDisk(Fixtures.goldenImage(), "base");
        assertThat(base.path("State").asString()).as("%s", base).isEqualTo("AVAILABLE");
        assertThat(update(server, "base", "updated").path("State").asString())
            .as(server.log())
            .isEqualTo("AVAILABLE");
        assertThat(data.resolve("layers")).isEmptyDirectory();
        server.assertNothingIsLeft();
      }
      List<String> objects = store.files("regild/layers");
      assertThat(objects).hasSize(2).allMatch(name -> name.endsWith("/1.qcow2"));

      // A node that has neither copy yet.
      FileTree.remove(data.resolve("cache"));
      try (ServerProcess server = start(data, store)) {
        Path exported =
            server.download(
                "/regild/v1/images/updated/disk?format=qcow2", directory.resolve("exported.qcow2"));
        var _ =
            Program.of(
                    "qemu-img",
                    "compare",
                    "-f",
                    "qcow2",
                    "-F",
                    "qcow2",
                    exported.toString(),
                    chainOf(store, objects).toString())
                .run();
      }

      String base =
          objects.stream()
              .max((a, b) -> Long.compare(size(store, a), size(store, b)))
              .orElseThrow();
      byte[] content = Files.readAllBytes(store.file(base));
      content[content.length / 2] ^= 1;
      Files.write(store.file(base), content);
      FileTree.remove(data.resolve("cache"));
      try (ServerProcess server = start(data, store)) {
        JsonNode failed = update(server, "base", "broken");
        assertThat(failed.path("State").asString()).isEqualTo("FAILED");
        assertThat(failed.path("StateChangeReason").path("Message").asString())
            .contains(
                "The layer "
                    + base.split("/", -1)[2]
                    + " was changed in the store s3://images/regild");
        server.assertNothingIsLeft();
      }
      assertThat(store.files("regild/layers")).isEqualTo(objects);
    }
  }

  private static void addChannel(Path data) throws Exception {
    ChannelStore channels = new ChannelStore(data, Clock.systemUTC());
    channels.add(
        new Channel(
            "agent-only",
            "DEBIAN_12",
            List.of(LocalServer.source(Fixtures.agentRepository())),
            Channel.DEFAULT_DRIVER_PACKAGES,
            List.of(AgentPackage.NAME),
            Duration.ofDays(1)));
    channels.refresh("agent-only");
  }

  private static ServerProcess start(Path data, S3Proxy store) throws Exception {
    Map<String, String> variables = new HashMap<>(S3Proxy.credentials());
    variables.put("REGILD_STORE", "s3://" + S3Proxy.BUCKET + "/regild");
    variables.put("REGILD_STORE_ENDPOINT", store.endpoint().toString());
    return ServerProcess.start(data, "namespace", variables);
  }

  private static JsonNode update(ServerProcess server, String existing, String name)
      throws Exception {
    ServerProcess.Answer answer =
        server.call(
            "CreateUpdatedImage", Map.of("existingImageName", existing, "newImageName", name));
    assertThat(answer.body().path("canUpdateImage").asBoolean()).as("%s", answer.body()).isTrue();
    return server.awaitEnd(name);
  }

  /** The objects as layers in one directory; the smaller one stands on the other. */
  private static Path chainOf(S3Proxy store, List<String> objects) throws Exception {
    Path chain = Files.createDirectories(directory.resolve("chain"));
    for (String object : objects) {
      Files.copy(store.file(object), chain.resolve(object.split("/", -1)[2] + ".qcow2"));
    }
    String top =
        objects.stream().min((a, b) -> Long.compare(size(store, a), size(store, b))).orElseThrow();
    return chain.resolve(top.split("/", -1)[2] + ".qcow2");
  }

  private static long size(S3Proxy store, String object) {
    return store.file(object).toFile().length();
  }
}
