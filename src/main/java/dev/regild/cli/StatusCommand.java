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
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "status",
    description =
        "Shows for each image whether it is up to date or since when it is not, its"
            + " CVEs, and when the support of its release ends.",
    mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
  private static final int PAGE = 500;

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Option(
      names = "--status",
      paramLabel = "STATUS",
      description = "Only images with this status: current, outdated, unknown or not-judged.")
  @Nullable String status;

  @Option(
      names = "--platform",
      paramLabel = "PLATFORM",
      description = "Only images of this platform.")
  @Nullable String platform;

  @Option(
      names = "--exploited",
      description = "Only images with an open CVE that is known to be exploited.")
  boolean exploited;

  @Option(
      names = "--sort",
      paramLabel = "KEY",
      defaultValue = "name",
      description =
          "What to sort by: name, out-of-date-since, changes, fixable, open, exploited or"
              + " support-ends. Default: ${DEFAULT-VALUE}.")
  String sort = "name";

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Show at most this many images. Default: all.")
  int limit = Integer.MAX_VALUE;

  @Mixin DataOutput output = new DataOutput();

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    if (limit < 1) {
      throw new IllegalArgumentException("--limit is %d. It must be 1 or more.".formatted(limit));
    }
    PrintWriter out = spec.commandLine().getOut();
    ApiClient client = connection.client();
    List<JsonNode> images = new ArrayList<>();
    JsonNode first = client.get(path(""));
    JsonNode page = first;
    page.path("images").forEach(images::add);
    while (page.path("next").isString() && images.size() < limit) {
      page = client.get(path(page.path("next").asString("")));
      page.path("images").forEach(images::add);
    }
    List<JsonNode> shown = images.subList(0, Math.min(limit, images.size()));
    if (output.isData()) {
      output.print(out, shown);
      return 0;
    }
    table(shown, out);
    summary(first.path("summary"), out);
    return 0;
  }

  private String path(String after) {
    StringBuilder path = new StringBuilder("/regild/v1/status?sort=" + ApiClient.segment(sort));
    path.append("&limit=").append(Math.min(limit, PAGE));
    if (status != null) {
      path.append("&status=").append(ApiClient.segment(status));
    }
    if (platform != null) {
      path.append("&platform=").append(ApiClient.segment(platform));
    }
    if (exploited) {
      path.append("&exploited=true");
    }
    if (!after.isEmpty()) {
      path.append("&after=").append(ApiClient.segment(after));
    }
    return path.toString();
  }

  private static void table(List<JsonNode> images, PrintWriter out) {
    Table table =
        new Table(
            "NAME",
            "PLATFORM",
            "STATUS",
            "SINCE",
            "CHANGES",
            "FIXABLE",
            "OPEN",
            "EXPLOITED",
            "SUPPORT");
    for (JsonNode image : images) {
      JsonNode cves = image.path("cves");
      table.row(
          image.path("image").asString(""),
          image.path("platform").asString(""),
          word(image.path("status")),
          day(image.path("outOfDateSince")),
          number(image.path("changes")),
          fixable(image.path("status"), cves),
          number(cves.path("open")),
          number(cves.path("exploited")),
          support(image.path("support")));
    }
    table.print(out);
    images.stream()
        .filter(image -> image.path("reason").isString())
        .map(image -> image.path("reason").asString(""))
        .distinct()
        .forEach(reason -> out.println(Printable.line("unknown: " + reason)));
  }

  /** Adds how one image stands to the table of its facts. */
  static void rows(JsonNode status, Table table) {
    if (!status.isObject()) {
      return;
    }
    String since = day(status.path("outOfDateSince"));
    table.row(
        "status",
        word(status.path("status"))
            + (since.equals("-")
                ? ""
                : " since %s: %s changes, CVEs fixed by an update: %s"
                    .formatted(
                        since,
                        number(status.path("changes")),
                        fixable(status.path("status"), status.path("cves")))));
    if (status.path("reason").isString()) {
      table.row("", status.path("reason").asString(""));
    }
    if (status.path("cves").path("open").isNumber()) {
      table.row(
          "open CVEs",
          "%s, %s in the kernel, %s that the vendor does not fix, %s exploited"
              .formatted(
                  number(status.path("cves").path("open")),
                  number(status.path("cves").path("openInKernel")),
                  number(status.path("cves").path("wontFix")),
                  number(status.path("cves").path("exploited"))));
    }
    String support = support(status.path("support"));
    if (!support.equals("-")) {
      table.row("support", support);
    }
  }

  private static String word(JsonNode status) {
    return status.asString("").toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** {@code 66+2582}: outside of the kernel, and in it. */
  private static String fixable(JsonNode status, JsonNode cves) {
    if (status.asString("").equals("UNKNOWN") || !cves.path("fixable").isNumber()) {
      return "-";
    }
    String kernel =
        cves.path("fixableInKernel").asInt(0) == 0
            ? ""
            : "+" + cves.path("fixableInKernel").asInt(0);
    String more = cves.path("unknownPackages").asInt(0) > 0 ? " or more" : "";
    return cves.path("fixable").asInt(0) + kernel + more;
  }

  private static String number(JsonNode value) {
    return value.isNumber() ? value.asString() : "-";
  }

  static String day(JsonNode time) {
    return time.isString() ? time.asString("").replaceFirst("T.*", "") : "-";
  }

  private static String support(JsonNode support) {
    String end =
        day(support.path(support.path("longTermEnds").isString() ? "longTermEnds" : "ends"));
    return support.path("ended").asBoolean(false)
        ? "ended " + end
        : end.equals("-") ? end : "until " + end;
  }

  private static void summary(JsonNode summary, PrintWriter out) {
    out.println(
        "%d images: %d up to date, %d out of date, %d unknown, %d not judged yet"
            .formatted(
                summary.path("images").asInt(0),
                summary.path("current").asInt(0),
                summary.path("outdated").asInt(0),
                summary.path("unknown").asInt(0),
                summary.path("notJudged").asInt(0)));
  }
}
