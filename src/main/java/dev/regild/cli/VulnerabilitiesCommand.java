package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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

@Command(
    name = "vulnerabilities",
    description =
        "Lists the CVEs of an image's packages, according to its vendor's feed (see:"
            + " regild feed). With --fixable or --fixed-by-update, lists the CVEs that an"
            + " update fixes, with the changelog's line or the advisory that says so. These"
            + " need no feed.",
    mixinStandardHelpOptions = true)
final class VulnerabilitiesCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Parameters(paramLabel = "NAME", description = "The image's name.")
  String name = "";

  @Option(
      names = "--status",
      paramLabel = "STATUS",
      description =
          "Only CVEs with this status: open, wont-fix, fixed, not-affected or all. Default: open.")
  @Nullable String status;

  @Option(names = "--fixable", description = "The CVEs that an update of the image would fix now.")
  boolean fixable;

  @Option(
      names = "--fixed-by-update",
      description = "The CVEs that were fixed by the update that made the image.")
  boolean fixedByUpdate;

  @Option(names = "--kernel", description = "Show the kernel's CVEs too. Default: only count them.")
  boolean kernel;

  @Option(names = "--exploited", description = "Only CVEs that are known to be exploited.")
  boolean exploited;

  @Mixin DataOutput output = new DataOutput();

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    if (fixable || fixedByUpdate) {
      ofUpdate();
    } else {
      ofFeeds();
    }
    return 0;
  }

  private void ofUpdate() throws ServerRefusalException, IOException, InterruptedException {
    if (fixable == fixedByUpdate || status != null || exploited) {
      throw new ParameterException(
          spec.commandLine(),
          "Write --fixable or --fixed-by-update alone; of the other options, only --kernel goes"
              + " with it.");
    }
    PrintWriter out = spec.commandLine().getOut();
    UpdateCves.Answer answer =
        new UpdateCves(connection.client(), name, fixable ? "toFix" : "fixed", kernel).ask();
    if (output.isData()) {
      output.print(out, answer.cves());
    } else {
      UpdateCves.print(answer, out);
    }
  }

  private void ofFeeds() throws ServerRefusalException, IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    ApiClient client = connection.client();
    List<JsonNode> cves = new ArrayList<>();
    JsonNode first = client.get(path(""));
    JsonNode page = first;
    page.path("cves").forEach(cves::add);
    while (page.path("next").isString()) {
      page = client.get(path(page.path("next").asString("")));
      page.path("cves").forEach(cves::add);
    }
    if (!first.path("feeds").asBoolean(false)) {
      // An empty list would read as if nothing were open.
      throw new IOException(
          "No feed knows the platform of %s, so its open CVEs are unknown. Add a feed (regild feed add NAME --kind KIND), or ask what an update would fix: regild vulnerabilities %1$s --fixable"
              .formatted(name));
    }
    if (output.isData()) {
      output.print(out, cves);
      return;
    }
    Table table =
        new Table("CVE", "PACKAGE", "INSTALLED", "STATUS", "FIXED IN", "SEVERITY", "NOTE");
    for (JsonNode each : cves) {
      String note = each.path("note").asString("");
      table.row(
          each.path("cve").asString(""),
          each.path("packageName").asString(""),
          each.path("version").asString(""),
          each.path("status").asString("").toLowerCase(Locale.ROOT).replace('_', ' '),
          each.path("fixedIn").asString("-"),
          each.path("severity").asString("-"),
          each.path("exploited").asBoolean(false) ? "exploited; " + note : note);
    }
    table.print(out);
    JsonNode counts = first.path("counts");
    out.println(
        "Open: %d, and %d in the kernel; not to be fixed by the vendor: %d; exploited: %s"
            .formatted(
                counts.path("open").asInt(0),
                counts.path("kernel").asInt(0),
                counts.path("wontFix").asInt(0),
                counts.path("exploited").isNumber()
                    ? counts.path("exploited").asString()
                    : "unknown (no feed of the kind kev)"));
  }

  private String path(String after) {
    return "/regild/v1/images/%s/vulnerabilities/vendor?limit=1000&status=%s&kernel=%s&exploited=%s%s"
        .formatted(
            ApiClient.image(name),
            ApiClient.segment(status == null ? "open" : status),
            kernel,
            exploited,
            after.isEmpty() ? "" : "&after=" + ApiClient.segment(after));
  }
}
