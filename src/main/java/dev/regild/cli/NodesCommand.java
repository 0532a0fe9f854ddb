package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import dev.regild.disk.ByteCount;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "nodes",
    description =
        "Lists the nodes that share the server's database: what each can do, its jobs and its free"
            + " space. Only an operator's account may see them.",
    mixinStandardHelpOptions = true)
final class NodesCommand implements Callable<Integer> {
  private static final String PATH = "/regild/v1/nodes";

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Mixin DataOutput output = new DataOutput();

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    JsonNode nodes = connection.client().get(PATH).path("nodes");
    PrintWriter out = spec.commandLine().getOut();
    if (output.isData()) {
      output.print(out, nodes);
      return 0;
    }
    Table table =
        new Table(
            "NAME",
            "STATE",
            "ROLE",
            "VERSION",
            "SINCE",
            "HEARTBEAT",
            "JOBS",
            "ACCELERATOR",
            "CAN DO",
            "FREE");
    for (JsonNode node : nodes) {
      table.row(
          text(node, "name"),
          state(node),
          text(node, "role"),
          text(node, "version"),
          text(node, "since"),
          text(node, "heartbeat"),
          node.path("jobs").asInt(0) + "/" + node.path("workers").asInt(0),
          text(node, "accelerator"),
          abilities(node),
          ByteCount.text(node.path("freeBytes").asLong(0)));
    }
    table.print(out);
    return 0;
  }

  private static String text(JsonNode node, String name) {
    return node.path(name).asString("");
  }

  private static String state(JsonNode node) {
    String state = text(node, "state");
    return node.path("draining").asBoolean(false) ? state + ", drained" : state;
  }

  private static String abilities(JsonNode node) {
    List<String> all = new ArrayList<>();
    node.path("abilities").forEach(ability -> all.add(ability.asString("")));
    return all.isEmpty() ? "copies only" : String.join(" ", all);
  }

  @Command(
      name = "drain",
      description = "Stops a node from taking new jobs. Its running jobs continue.",
      mixinStandardHelpOptions = true)
  int drain(
      @Mixin ServerConnection server,
      @Parameters(paramLabel = "NODE", description = "The node's name.") String node)
      throws ServerRefusalException, IOException, InterruptedException {
    return set(server, node, "drain", "%s takes no new jobs.");
  }

  @Command(
      name = "resume",
      description = "Lets a drained node take jobs again.",
      mixinStandardHelpOptions = true)
  int resume(
      @Mixin ServerConnection server,
      @Parameters(paramLabel = "NODE", description = "The node's name.") String node)
      throws ServerRefusalException, IOException, InterruptedException {
    return set(server, node, "resume", "%s takes jobs again.");
  }

  private int set(ServerConnection server, String node, String verb, String done)
      throws ServerRefusalException, IOException, InterruptedException {
    server.client().post(PATH + "/" + ApiClient.segment(node) + "/" + verb, Map.of());
    spec.commandLine().getOut().println(done.formatted(node));
    return 0;
  }
}
