package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Printable;
import dev.regild.cli.terminal.Table;
import dev.regild.disk.ByteCount;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
    name = "diff",
    description = {
      "Compares two images: packages, CVEs, advisories, kernel, agent, size and failing"
          + " units. Neither has to descend from the other. With --snapshot, compares an image"
          + " with its update to a snapshot of its channel, today's or an earlier one.",
      "  regild diff golden golden-2026-03",
      "  regild diff golden --snapshot 2026-03-01"
    },
    mixinStandardHelpOptions = true)
final class DiffCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Parameters(index = "0", paramLabel = "A", description = "The first image's name.")
  String first = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "B",
      description = "The second image's name.")
  @Nullable String second;

  @Option(
      names = "--snapshot",
      arity = "0..1",
      fallbackValue = "",
      paramLabel = "ID|DAY",
      description =
          "In place of B: the beginning of a snapshot's id, or a day such as 2026-03-01, whose last"
              + " snapshot is taken. Without a value, today's.")
  @Nullable String snapshot;

  @Mixin DataOutput output = new DataOutput();

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    if ((second == null) == (snapshot == null)) {
      throw new ParameterException(spec.commandLine(), "Name a second image, or write --snapshot.");
    }
    PrintWriter out = spec.commandLine().getOut();
    ObjectNode difference = difference();
    if (output.isData()) {
      output.print(out, difference);
      return 0;
    }
    if (second == null) {
      snapshot(difference.path("snapshot"), out);
    } else {
      sides(difference.path("first"), difference.path("second"), out);
    }
    out.println();
    if (difference.path("packages").isEmpty()) {
      out.println(
          second == null ? "The snapshot changes nothing." : "Both images have the same packages.");
    } else {
      packages(difference.path("packages"), out);
    }
    PlanTable.cves(difference.path("cves"), out);
    PlanTable.cves("CVEs new, as packages are older", difference.path("newCves"), out);
    advisories(difference.path("advisories"), out);
    open(difference.path("open"), out);
    return 0;
  }

  /** Gets all parts of the list of packages. */
  private ObjectNode difference() throws ServerRefusalException, IOException, InterruptedException {
    ApiClient client = connection.client();
    String path =
        "/regild/v1/images/%s/diff?%s"
            .formatted(
                ApiClient.image(first),
                second == null
                    ? "snapshot=" + ApiClient.segment(String.valueOf(snapshot))
                    : "with=" + ApiClient.segment(second));
    ObjectNode all = (ObjectNode) client.get(path);
    ArrayNode packages = (ArrayNode) all.path("packages");
    JsonNode part = all;
    while (part.path("next").isString()) {
      part = client.get(path + "&next=" + ApiClient.segment(part.path("next").asString("")));
      part.path("packages").forEach(packages::add);
    }
    var _ = all.remove("next");
    return all;
  }

  private void snapshot(JsonNode of, PrintWriter out) {
    Table table = new Table("", first, "SNAPSHOT");
    table.row("channel", "", of.path("channel").asString(""));
    table.row("id", "", of.path("digest").asString(""));
    table.row("since", "", of.path("since").asString("(current)"));
    table.print(out);
  }

  private void sides(JsonNode a, JsonNode b, PrintWriter out) {
    Table table = new Table("", first, String.valueOf(second));
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
    table.row("failing units", failing(a, b), failing(b, a));
    table.print(out);
  }

  /** The units that fail in one image, those that do not fail in the other one marked. */
  private static String failing(JsonNode image, JsonNode other) {
    if (!image.path("failedUnits").isArray()) {
      return "-";
    }
    Set<String> elsewhere = new TreeSet<>();
    other.path("failedUnits").forEach(each -> elsewhere.add(each.asString("")));
    List<String> units = new ArrayList<>();
    image
        .path("failedUnits")
        .forEach(each ->
            units.add(
                each.asString("") + (elsewhere.contains(each.asString("")) ? "" : " (only here)")));
    return units.isEmpty() ? "none" : String.join(", ", units);
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

  private static void open(JsonNode open, PrintWriter out) {
    if (!open.isObject()) {
      return;
    }
    JsonNode a = open.path("first");
    JsonNode b = open.path("second");
    out.println(
        "Open by the feeds: %d -> %d, in the kernel %d -> %d"
            .formatted(
                a.path("open").asInt(0),
                b.path("open").asInt(0),
                a.path("kernel").asInt(0),
                b.path("kernel").asInt(0)));
    open("newly open", open.path("opened"), out);
    open("open no more", open.path("closed"), out);
  }

  private static void open(String title, JsonNode cves, PrintWriter out) {
    Map<String, List<String>> byPackage = new TreeMap<>();
    for (JsonNode each : cves) {
      byPackage
          .computeIfAbsent(each.path("packageName").asString(""), _ -> new ArrayList<>())
          .add(each.path("cve").asString(""));
    }
    byPackage.forEach((name, all) ->
        out.println(Printable.line("  %s: %s: %s".formatted(title, name, String.join(", ", all)))));
  }

  private static void advisories(JsonNode advisories, PrintWriter out) {
    for (JsonNode each : advisories) {
      out.println(
          Printable.line(
              "advisory: %s %s %s"
                  .formatted(
                      each.path("id").asString(""),
                      each.path("type").asString(""),
                      each.path("severity").asString(""))
                  .strip()));
    }
  }
}
