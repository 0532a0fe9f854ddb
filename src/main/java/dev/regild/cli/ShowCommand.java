package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.JobProgress;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Printable;
import dev.regild.cli.terminal.Table;
import dev.regild.disk.ByteCount;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
    name = "show",
    description =
        "Shows an image, the steps of the job that created it, its lineage, and what"
            + " each update changed.",
    mixinStandardHelpOptions = true)
final class ShowCommand implements Callable<Integer> {
  private static final Set<String> FINAL = Set.of("AVAILABLE", "FAILED", "DELETING");

  /** More are in the JSON. */
  private static final int MOST_CHANGED_FILES = 10;

  private static final int MOST_UNSUPPORTED = 10;

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Parameters(
      paramLabel = "NAME",
      description = "The image's name; with --export, the id of the export task.")
  String name = "";

  @Option(names = "--export", description = "Show an export task and its steps.")
  boolean export;

  @Option(
      names = "--console",
      description = "Print the end of the serial console of the image's qualification boot.")
  boolean bootConsole;

  @Option(
      names = "--screenshot",
      paramLabel = "FILE",
      description = "Write the screen at the end of the qualification boot to FILE, a PNG.")
  @Nullable Path screenshot;

  @Mixin DataOutput output = new DataOutput();

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    ApiClient client = connection.client();
    JsonNode image =
        client.get(
            export ? JobProgress.ofExport(name) : "/regild/v1/images/" + ApiClient.image(name));
    if (screenshot != null) {
      screenshot(client, image.path("name").asString(name), screenshot);
    }
    if (output.isData()) {
      output.print(out, image);
      return 0;
    }
    if (bootConsole) {
      console(image, out);
      return 0;
    }
    if (export) {
      Table table = new Table("EXPORT", name);
      table.row("image", image.path("image").asString(""));
      table.row("state", image.path("state").asString(""));
      row(table, "reason", image.path("reason"));
      table.print(out);
      out.println();
      JobProgress.print(image, out);
      return 0;
    }
    facts(image, out);
    if (!FINAL.contains(image.path("state").asString(""))) {
      out.println();
      JobProgress.print(client.get(JobProgress.ofImage(name)), out);
    }
    lineage(image, out);
    return 0;
  }

  /** A terminal obeys control characters, so none is printed. */
  private void console(JsonNode image, PrintWriter out) throws IOException {
    JsonNode text = image.path("boot").path("console");
    if (!text.isString()) {
      throw new IOException(
          "The image %s has no console text. An image that is updated or validated now gets one."
              .formatted(name));
    }
    text.asString("").lines().forEach(line -> out.println(Printable.text(line)));
  }

  private static void screenshot(ApiClient client, String name, Path file)
      throws ServerRefusalException, IOException, InterruptedException {
    try (InputStream screen =
        client.open("/regild/v1/images/" + ApiClient.segment(name) + "/screen").body()) {
      Files.copy(screen, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static void facts(JsonNode image, PrintWriter out) {
    Table table = new Table("NAME", image.path("name").asString(""));
    table.row("state", image.path("state").asString(""));
    row(table, "reason", image.path("reason"));
    row(table, "deprecated since", image.path("deprecated"));
    row(table, "platform", image.path("platform"));
    row(table, "agent", image.path("agentVersion"));
    row(table, "display name", image.path("displayName"));
    row(table, "description", image.path("description"));
    row(table, "created", image.path("created"));
    windows(image.path("windows"), table);
    JsonNode imported = image.path("imported");
    row(table, "imported from", imported.path("diskId"));
    row(table, "agent software", imported.path("agentSoftwareVersion"));
    row(table, "intended for", imported.path("intendedInstanceType"));
    row(table, "snapshot", image.path("snapshot"));
    StatusCommand.rows(image.path("status"), table);
    unsupported(image.path("unsupported"), table);
    table.row("all layers", ByteCount.text(image.path("standaloneBytes").asLong(0)));
    JsonNode qualification = image.path("qualification");
    if (qualification.isObject()) {
      table.row(
          "qualified",
          "kernel "
              + qualification.path("kernel").asString("")
              + ", system "
              + qualification.path("systemState").asString(""));
      qualification.path("warnings").forEach(warning -> table.row("warning", warning.asString("")));
    }
    inventory(image.path("inventory"), table);
    JsonNode boot = image.path("boot");
    if (boot.isObject()) {
      table.row(
          "booted",
          "%s, in %.1f s"
              .formatted(boot.path("reported").asString(""), boot.path("seconds").asDouble(0)));
    }
    cves(image.path("cves"), table);
    int statements = image.path("statements").asInt(0);
    if (statements > 0) {
      table.row(
          "statements",
          "%d (to check the newest: regild verify %s)"
              .formatted(statements, image.path("name").asString("")));
    }
    image
        .path("tags")
        .properties()
        .forEach(tag -> table.row("tag", tag.getKey() + "=" + tag.getValue().asString("")));
    table.print(out);
  }

  private static void unsupported(JsonNode packages, Table table) {
    int shown = 0;
    for (JsonNode each : packages) {
      if (shown++ == MOST_UNSUPPORTED) {
        table.row("", "… %d packages (regild show --json lists all)".formatted(packages.size()));
        break;
      }
      boolean ended = each.path("ended").isString();
      table.row(
          shown == 1 ? "packages' support" : "",
          "%s: %s (%s)"
              .formatted(
                  each.path("source").asString(""),
                  ended ? "ended " + StatusCommand.day(each.path("ended")) : "limited",
                  each.path("why").asString("")));
    }
  }

  private static void inventory(JsonNode inventory, Table table) {
    if (inventory.isObject()) {
      table.row(
          "packages",
          inventory.path("packages").asInt(0)
              + (inventory.path("origins").asBoolean(true)
                  ? ""
                  : "; stored by an older version, without their sources until the next job"));
      configuration(inventory.path("configuration"), table);
    }
  }

  private static void configuration(JsonNode configuration, Table table) {
    int total = configuration.path("total").asInt(0);
    if (total > 0) {
      table.row(
          "configuration",
          "%d of %d files compared with their packages, %d changed"
              .formatted(
                  configuration.path("compared").asInt(0),
                  total,
                  configuration.path("changed").asInt(0)));
    }
    int shown = 0;
    for (JsonNode file : configuration.path("files")) {
      if (shown++ == MOST_CHANGED_FILES) {
        table.row("", "… (regild show --json lists up to 100)");
        break;
      }
      table.row(
          file.path("state").asString("").toLowerCase(Locale.ROOT),
          "%s (%s)"
              .formatted(file.path("path").asString(""), file.path("packageName").asString("")));
    }
  }

  /** The numbers; the lineage has the CVEs. */
  private static void cves(JsonNode cves, Table table) {
    if (cves.isObject()) {
      int unknown = cves.path("unknown").size();
      table.row(
          "CVEs fixed",
          "%s%d, and %d in the kernel%s"
              .formatted(
                  unknown > 0 ? "at least " : "",
                  cves.path("fixed").asInt(0),
                  cves.path("kernel").asInt(0),
                  unknown > 0 ? "; unknown for %d packages".formatted(unknown) : ""));
    }
  }

  private static void windows(JsonNode windows, Table table) {
    row(table, "edition", windows.path("edition"));
    row(table, "version", windows.path("displayVersion"));
    row(table, "build", windows.path("build"));
    windows.path("updates").forEach(update -> table.row("update", update.asString("")));
    for (JsonNode driver : windows.path("drivers")) {
      table.row(
          "driver",
          "%s %s (%s)"
              .formatted(
                  driver.path("inf").asString(""),
                  driver.path("version").asString(""),
                  driver.path("provider").asString("")));
    }
    windows
        .path("pendingRestarts")
        .forEach(sign -> table.row("restart", "pending: " + sign.asString("")));
  }

  private static void row(Table table, String name, JsonNode value) {
    if (value.isString()) {
      table.row(name, value.asString(""));
    }
  }

  private static void lineage(JsonNode image, PrintWriter out) {
    boolean first = true;
    for (JsonNode ancestor : image.path("lineage")) {
      out.println();
      out.print(ancestor.path("name").asString(""));
      if (!ancestor.path("present").asBoolean(false)) {
        out.print("  (deleted)");
      } else if (ancestor.path("layerBytes").isNumber()) {
        out.print(
            "  (its own layer: " + ByteCount.text(ancestor.path("layerBytes").asLong(0)) + ")");
      }
      out.println();
      if (!(ancestor.path("changes").isEmpty() && ancestor.path("keptBack").isEmpty())) {
        JsonNode shown = ancestor;
        if (first && image.path("cves").isObject()) {
          shown = ((ObjectNode) ancestor.deepCopy()).set("cves", image.path("cves"));
        }
        new PlanTable(shown).print(out);
      }
      first = false;
    }
  }
}
