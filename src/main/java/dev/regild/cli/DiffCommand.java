package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.Table;
import dev.regild.disk.ByteCount;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "diff",
    description =
        "Compares two images: packages, CVEs fixed, kernel, agent and size. Neither has to descend"
            + " from the other.",
    mixinStandardHelpOptions = true)
final class DiffCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Parameters(index = "0", paramLabel = "A", description = "The first image's name.")
  String first = "";

  @Parameters(index = "1", paramLabel = "B", description = "The second image's name.")
  String second = "";

  @Option(names = "--json", description = "Print the server's JSON response.")
  boolean json;

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    JsonNode difference =
        connection
            .client()
            .get(
                "/regild/v1/images/%s/diff?with=%s"
                    .formatted(ApiClient.segment(first), ApiClient.segment(second)));
    if (json) {
      out.println(difference.toPrettyString());
      return 0;
    }
    sides(difference.path("first"), difference.path("second"), out);
    out.println();
    if (difference.path("packages").isEmpty()) {
      out.println("Both images have the same packages.");
    } else {
      packages(difference.path("packages"), out);
    }
    PlanTable.cves(difference.path("cves"), out);
    return 0;
  }

  private void sides(JsonNode a, JsonNode b, PrintWriter out) {
    Table table = new Table("", first, second);
    for (String member : new String[] {"os", "agentVersion", "kernel"}) {
      table.row(
          member.equals("agentVersion") ? "agent" : member,
          a.path(member).asString("-"),
          b.path(member).asString("-"));
    }
    table.row(
        "packages",
        String.valueOf(a.path("packages").asInt(0)),
        String.valueOf(b.path("packages").asInt(0)));
    table.row(
        "own layer",
        ByteCount.text(a.path("layerBytes").asLong(0)),
        ByteCount.text(b.path("layerBytes").asLong(0)));
    table.print(out);
  }

  private static void packages(JsonNode packages, PrintWriter out) {
    Table table = new Table("CHANGE", "PACKAGE", "FROM", "TO");
    for (JsonNode each : packages) {
      table.row(
          each.path("kind").asString("").toLowerCase(Locale.ROOT),
          each.path("name").asString(""),
          each.path("from").asString(""),
          each.path("to").asString(""));
    }
    table.print(out);
  }
}
