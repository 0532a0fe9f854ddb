package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.demo.AgentPackage;
import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.PostgresCluster;
import dev.regild.store.S3Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
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
 * A server and a worker, processes of their own with directories of their own, on one PostgreSQL
 * and one S3 server.
 */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class NodesIT {
  @TempDir static Path directory;

  @Test
  void aWorkerMakesWhatADrainedServerAccepts() throws Exception {
    assumeTrue(PostgresCluster.isInstalled(), "PostgreSQL is not installed");
    Path front = directory.toRealPath().resolve("front");
    Path back = directory.toRealPath().resolve("back");
    addChannel(front);
    try (PostgresCluster postgres = PostgresCluster.start();
        S3Proxy store = S3Proxy.start(directory.resolve("store"))) {
      postgres.execute("CREATE DATABASE regild");
      Map<String, String> variables = variables(postgres, store);
      try (ServerProcess server = ServerProcess.start(front, "namespace", variables)) {
        assertThat(server.post("/regild/v1/nodes/" + node(server, "serve") + "/drain").status())
            .isEqualTo(200);
        server.startImport(Fixtures.goldenImage(), "base", Map.of());
        assertThat(server.get("/regild/v1/images/base/job").body().path("reason").asString())
            .contains("drained", "regild nodes resume");
        prepare(front, back);
        makeWithWorkers(server, back, variables);
        assertThat(server.log()).doesNotContain("step=");
        server.assertNothingIsLeft();
      }
      assertThat(store.files("regild/layers")).hasSize(3);
    }
  }

  private static void makeWithWorkers(
      ServerProcess server, Path back, Map<String, String> variables) throws Exception {
    try (ServerProcess worker = ServerProcess.startWorker(back, "namespace", variables)) {
      assertThat(server.awaitEnd("base").path("State").asString())
          .as(worker.log())
          .isEqualTo("AVAILABLE");
      update(server, "updated");
      // The server tells step by step what the worker does.
      assertThat(server.events("/regild/v1/updates/updated"))
          .extracting(event -> event.path("steps").size())
          .contains(7, 8)
          .isSorted();
      assertThat(server.awaitEnd("updated").path("State").asString())
          .as(worker.log())
          .isEqualTo("AVAILABLE");
      JsonNode shown = server.get("/regild/v1/updates/updated").body();
      assertThat(shown.path("steps"))
          .hasSize(8)
          .allSatisfy(step -> assertThat(step.path("status").asString()).isEqualTo("DONE"));
      assertThat(worker.get("/health/ready").status()).isEqualTo(200);
      assertThat(worker.get("/regild/v1/nodes").status()).isEqualTo(404);

      update(server, "cancelled");
      worker.awaitStep("cancelled", "Apply");
      assertThat(server.post("/regild/v1/images/cancelled/cancel").status()).isEqualTo(200);
      worker.awaitEvent("update cancelled");
      worker.assertNothingIsLeft();
      assertThat(server.awaitEnd("cancelled").path("State").asString()).isEqualTo("FAILED");

      update(server, "killed");
      worker.awaitStep("killed", "Apply");
      worker.kill();
      assertThat(back.resolve("work")).isNotEmptyDirectory();
    }
    try (ServerProcess again = ServerProcess.startWorker(back, "namespace", variables)) {
      assertThat(again.log()).contains("workspace removed", "jobs recovered");
      JsonNode killed = server.awaitEnd("killed");
      assertThat(killed.path("State").asString()).as(again.log()).isEqualTo("AVAILABLE");
      assertThat(server.get("/regild/v1/updates/killed").body().path("attempt").asInt())
          .isEqualTo(2);
      again.assertNothingIsLeft();
    }
  }

  /** The name of the node of a role. */
  private static String node(ServerProcess server, String role) throws Exception {
    for (JsonNode node : server.get("/regild/v1/nodes").body().path("nodes")) {
      if (node.path("role").asString().equals(role)) {
        assertThat(node.path("state").asString()).isEqualTo("RUNNING");
        assertThat(node.path("abilities").toString()).contains("tools", "namespace");
        return node.path("name").asString();
      }
    }
    throw new AssertionError("no node of the role " + role);
  }

  private static void update(ServerProcess server, String name) throws Exception {
    ServerProcess.Answer answer =
        server.call(
            "CreateUpdatedImage", Map.of("existingImageName", "base", "newImageName", name));
    assertThat(answer.body().path("canUpdateImage").asBoolean()).as("%s", answer.body()).isTrue();
  }

  /** What an operator copies to another node. */
  private static void prepare(Path front, Path back) throws Exception {
    Files.createDirectory(
        back, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.copy(
        front.resolve("master.key"),
        back.resolve("master.key"),
        StandardCopyOption.COPY_ATTRIBUTES);
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

  private static Map<String, String> variables(PostgresCluster postgres, S3Proxy store) {
    Map<String, String> variables = new HashMap<>(S3Proxy.credentials());
    variables.put("REGILD_DATABASE", postgres.url("regild"));
    variables.put("REGILD_STORE", "s3://" + S3Proxy.BUCKET + "/regild");
    variables.put("REGILD_STORE_ENDPOINT", store.endpoint().toString());
    return variables;
  }
}
