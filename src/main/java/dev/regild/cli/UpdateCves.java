package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.Printable;
import dev.regild.cli.terminal.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an update of an image fixes, or what the one fixed that made it, CVE by CVE with the
 * evidence.
 *
 * @param member of the server's answer: {@code toFix} or {@code fixed}
 * @param kernel whether the kernel's CVEs are listed too
 */
record UpdateCves(ApiClient client, String image, String member, boolean kernel) {

  /**
   * The answer.
   *
   * @param counts the answer's first part, with the numbers for the whole image
   * @param cves each with its source
   */
  record Answer(JsonNode counts, List<JsonNode> cves) {}

  /**
   * Asks the server for all parts.
   *
   * @throws IOException if there is nothing to list; the message says why
   */
  Answer ask() throws ServerRefusalException, IOException, InterruptedException {
    List<JsonNode> cves = new ArrayList<>();
    JsonNode first = client.get(path(""));
    if (!first.path(member).isObject()) {
      throw new IOException(first.path("notCompared").asString(nothing()));
    }
    add(cves, first);
    JsonNode part = first;
    while (part.path("next").isString()) {
      part = client.get(path(part.path("next").asString("")));
      add(cves, part);
    }
    return new Answer(first.path(member), cves);
  }

  private String nothing() {
    String what =
        member.equals("fixed")
            ? "No update is recorded that made the image %s. Ask for an image that an update made."
            : "The image %s has no disk yet, or its channel has no snapshot. See: regild show %1$s";
    return what.formatted(image);
  }

  private String path(String next) {
    return "/regild/v1/images/%s/vulnerabilities?limit=10000%s"
        .formatted(
            ApiClient.image(image), next.isEmpty() ? "" : "&next=" + ApiClient.segment(next));
  }

  private void add(List<JsonNode> cves, JsonNode part) {
    for (JsonNode source : part.path(member).path("sources")) {
      if (kernel || !source.path("kernel").asBoolean(false)) {
        source.path("fixedCves").forEach(each -> cves.add(of(source, each, "FIXED")));
        source.path("mentionedCves").forEach(each -> cves.add(of(source, each, "MENTIONED")));
      }
    }
  }

  private static JsonNode of(JsonNode source, JsonNode cve, String state) {
    ObjectNode all = ((ObjectNode) cve.deepCopy()).put("state", state);
    for (String name : new String[] {"source", "from", "to", "packages", "kernel"}) {
      all.set(name, source.path(name));
    }
    return all;
  }

  static void print(Answer answer, PrintWriter out) {
    Table table = new Table("CVE", "SOURCE", "FROM", "STATE", "IN", "EVIDENCE");
    for (JsonNode each : answer.cves()) {
      table.row(
          each.path("cve").asString(""),
          each.path("source").asString(""),
          each.path("from").asString(""),
          each.path("state").asString("").toLowerCase(Locale.ROOT),
          each.path("version").asString(""),
          each.path("evidence").asString("").replaceAll("\\s+", " "));
    }
    table.print(out);
    JsonNode counts = answer.counts();
    out.println(
        "Fixed: %s%d, and %d in the kernel; only mentioned: %d"
            .formatted(
                counts.path("unknown").isEmpty() ? "" : "at least ",
                counts.path("fixed").asInt(0),
                counts.path("kernel").asInt(0),
                counts.path("mentioned").asInt(0)));
    for (JsonNode source : counts.path("sources")) {
      if (source.path("unknown").isString()) {
        out.println(
            Printable.line(
                "Unknown: %s (%s)"
                    .formatted(
                        source.path("source").asString(""), source.path("unknown").asString(""))));
      }
    }
  }
}
