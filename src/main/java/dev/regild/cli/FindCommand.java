package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Printable;
import dev.regild.cli.terminal.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "find",
    description = {
      "Finds the images that have a package, a CVE or an advisory, and shows what an update would"
          + " change. Deleted images and their exports are found as well.",
      "  regild find xz-utils --version 5.6.0..5.6.1",
      "  regild find --cve CVE-2026-84782 --state fixable",
      "  regild find --cve CVE-2026-84782 --state open"
    })
final class FindCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help message and exit.")
  boolean help;

  @Parameters(
      arity = "0..1",
      paramLabel = "PACKAGE",
      description = "The name of a package, or of the source that packages were built from.")
  @Nullable String packageName;

  @Option(
      names = "--version",
      paramLabel = "VERSION",
      description =
          "A version of the package, or a range with both ends included: 5.6.0..5.6.1, ..5.6.1,"
              + " 5.6.0... One without an epoch or a revision stands for all of them.")
  @Nullable String version;

  @Option(names = "--cve", paramLabel = "CVE", description = "A CVE, such as CVE-2026-84782.")
  @Nullable String cve;

  @Option(
      names = "--advisory",
      paramLabel = "ID",
      description = "An advisory of the channel's repositories, such as RHSA-2026:1234.")
  @Nullable String advisory;

  @Option(
      names = "--state",
      paramLabel = "STATE",
      description =
          "Only packages in this state for the CVE or advisory: fixable (an update would"
              + " fix it), fixed, mentioned or unknown; according to a feed, open or wont-fix.")
  @Nullable String state;

  @Option(names = "--existing", description = "Leave out deleted images.")
  boolean existing;

  @Mixin DataOutput output = new DataOutput();

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    if (Stream.<@Nullable String>of(packageName, cve, advisory).filter(Objects::nonNull).count()
        != 1) {
      throw new ParameterException(
          spec.commandLine(), "Name a package, or write one of --cve and --advisory.");
    }
    PrintWriter out = spec.commandLine().getOut();
    List<JsonNode> images = new ArrayList<>();
    List<String> incomplete = new ArrayList<>();
    find(images, incomplete);
    if (output.isData()) {
      output.print(out, images);
    } else if (images.isEmpty()) {
      out.println(Printable.line(nothing()));
    } else {
      print(images, out);
    }
    incomplete.stream()
        .distinct()
        .forEach(each -> spec.commandLine().getErr().println("note: " + Printable.line(each)));
    return 0;
  }

  /** Of a CVE, nothing more is said than what is known. */
  private String nothing() {
    if (state != null) {
      return "No image has a package in the state %s.".formatted(state);
    }
    if (cve != null) {
      return "No changelog that was read, no advisory and no feed names %s in a package of an image."
          .formatted(cve);
    }
    return advisory == null
        ? "No image has it."
        : "No image has a package that %s names.".formatted(advisory);
  }

  private void find(List<JsonNode> images, List<String> incomplete)
      throws ServerRefusalException, IOException, InterruptedException {
    ApiClient client = connection.client();
    String path =
        "/regild/v1/search?limit=500"
            + parameter("package", packageName)
            + parameter("version", version)
            + parameter("cve", cve)
            + parameter("advisory", advisory)
            + parameter("state", state)
            + (existing ? "&deleted=false" : "");
    String next = "";
    do {
      JsonNode page = client.get(path + (next.isEmpty() ? "" : parameter("next", next)));
      page.path("images").forEach(images::add);
      page.path("incomplete").forEach(each -> incomplete.add(each.asString("")));
      next = page.path("next").asString("");
    } while (!next.isEmpty());
  }

  private static String parameter(String name, @Nullable String value) {
    return value == null ? "" : "&" + name + "=" + ApiClient.segment(value);
  }

  private void print(List<JsonNode> images, PrintWriter out) {
    Table table =
        new Table("IMAGE", "PACKAGE", "VERSION", "STATE", "AN UPDATE BRINGS", "FIXED IN", "FEED");
    for (JsonNode image : images) {
      String name =
          image.path("name").asString("") + (image.path("deleted").isString() ? " (deleted)" : "");
      for (JsonNode each : image.path("packages")) {
        table.row(
            name,
            each.path("name").asString(""),
            each.path("version").asString(""),
            each.path("state").asString("-").toLowerCase(Locale.ROOT),
            each.path("offered").asString("-"),
            each.path("fixedIn").asString(each.path("vendor").path("fixedIn").asString("-")),
            each.path("vendor")
                .path("status")
                .asString("-")
                .toLowerCase(Locale.ROOT)
                .replace('_', ' '));
      }
    }
    table.print(out);
    for (JsonNode image : images) {
      for (JsonNode export : image.path("exports")) {
        out.println(
            Printable.line(
                "exported: %s as %s (disk %s)"
                    .formatted(
                        image.path("name").asString(""),
                        export.path("name").asString(""),
                        export.path("disk").asString(""))));
      }
    }
    long present = images.stream().filter(image -> !image.path("deleted").isString()).count();
    out.println("%d images, and %d that were deleted".formatted(present, images.size() - present));
  }
}
