package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.image.Image;
import dev.regild.job.node.Ability;
import dev.regild.job.node.Node;
import dev.regild.job.node.Nodes;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.json.JsonMapper;

/** {@code regild nodes}, and what a server says of a job that no node can run. */
@ExtendWith(RunningServer.class)
class NodesCommandTest {
  private static final String WAITING = "Waiting: no running node has swtpm.";

  private static final String RACK_7 =
      """
      {"name": "rack-7", "host": "host", "version": "1.2.3", "role": "worker", "state": "RUNNING",
       "draining": false, "since": "1970-01-01T00:00:00Z", "heartbeat": "1970-01-01T00:00:00Z",
       "workers": 4, "jobs": 1, "abilities": ["tools", "kvm"], "accelerator": "KVM",
       "isolation": "VM", "freeBytes": 5368709120, "store": "s3://images"}
      """;

  private static ServerFixture server;
  private static CommandLineOf commands;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    commands = CommandLineOf.of(server);
    server.shownNodes = new TwoNodes();
  }

  /** One that runs, of which a test knows whether it drains, and one that is dead. */
  private static final class TwoNodes implements Nodes {
    private boolean draining;

    @Override
    public List<Node> list() {
      return List.of(
          node("front", Node.State.DEAD, false, EnumSet.noneOf(Ability.class)),
          node("rack-7", Node.State.RUNNING, draining, EnumSet.of(Ability.TOOLS, Ability.KVM)));
    }

    private static Node node(
        String name, Node.State state, boolean draining, EnumSet<Ability> abilities) {
      return new Node(
          name,
          "host",
          "1.2.3",
          "worker",
          Instant.EPOCH,
          Instant.EPOCH,
          state,
          draining,
          4,
          1,
          Ability.bits(abilities),
          5L << 30,
          "KVM",
          "VM",
          Optional.of("s3://images"));
    }

    @Override
    public boolean setDraining(String name, boolean draining) {
      if (!name.equals("rack-7")) {
        return false;
      }
      this.draining = draining;
      return true;
    }

    @Override
    public Optional<String> waiting(Handle handle, String job) {
      return Optional.of(WAITING);
    }
  }

  @Test
  void nodesAreListedDrainedAndResumed() {
    assertThat(run(0).lines().toList())
        .satisfies(lines -> assertThat(lines.getFirst()).startsWith("NAME").contains("CAN DO"))
        .anyMatch(line -> line.matches("front +DEAD +worker +1.2.3 .* copies only .*"))
        .anyMatch(
            line -> line.matches("rack-7 +RUNNING +worker .* 1/4 +KVM +tools kvm +5.0 GiB *"));
    assertThat(run(0, "drain", "rack-7")).isEqualTo("rack-7 takes no new jobs.\n");
    assertThat(run(0)).contains("RUNNING, drained");
    assertThat(run(0, "resume", "rack-7")).isEqualTo("rack-7 takes jobs again.\n");
    assertThat(run(0)).doesNotContain("drained");
    assertThat(JsonMapper.shared().readTree(run(0, "--json")).get(1))
        .isEqualTo(JsonMapper.shared().readTree(RACK_7));
    assertThat(run(1, "drain", "nobody")).contains("There is no node 'nobody'");
  }

  @Test
  void onlyAnOperatorSeesAndDrainsNodes() throws Exception {
    AccessKey other = server.accounts.createKey(server.accounts.create("tenant"), false);
    for (String method : List.of("GET", "POST")) {
      String path = method.equals("GET") ? "/regild/v1/nodes" : "/regild/v1/nodes/rack-7/drain";
      HttpResponse<byte[]> refused = server.send(other, method, path);
      assertThat(refused.statusCode()).isEqualTo(403);
      assertThat(text(refused)).contains("AccessDeniedException", "operators");
    }
    HttpResponse<byte[]> readOnly =
        server.send(server.readOnlyKey, "POST", "/regild/v1/nodes/rack-7/drain");
    assertThat(text(readOnly)).contains("AccessDeniedException", "read-only");
    assertThat(server.send(server.readOnlyKey, "GET", "/regild/v1/nodes").statusCode())
        .isEqualTo(200);
  }

  @Test
  void whyAnUpdateWaitsIsShownWhereverItIsLookedFor() throws Exception {
    Image golden = server.golden("us-east-1", "golden");
    assertThat(golden.name()).isEqualTo("golden");
    var accepted =
        server.ask(
            server.key,
            "CreateUpdatedImage",
            "{\"existingImageName\": \"golden\", \"newImageName\": \"renewed\"}");
    assertThat(accepted.status()).as(accepted.body()).isEqualTo(200);
    assertThat(server.ask(server.key, "DescribeImages", "{\"Names\": [\"renewed\"]}").body())
        .contains("IMAGE_BUILDER_NOT_AVAILABLE", WAITING);
    assertThat(server.ask(server.key, "DescribeImages", "{\"Names\": [\"golden\"]}").body())
        .doesNotContain(WAITING);
    for (String path : List.of("/regild/v1/updates/renewed", "/regild/v1/images/renewed/job")) {
      assertThat(text(server.send(server.key, "GET", path))).contains(WAITING);
    }
    assertThat(commands.run(0, "show", "renewed")).contains(WAITING);
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  private static String run(int status, String... arguments) {
    return commands.run(
        status, Stream.concat(Stream.of("nodes"), Stream.of(arguments)).toArray(String[]::new));
  }
}
