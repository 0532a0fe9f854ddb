package dev.regild.cli;

import dev.regild.cli.terminal.Printable;
import dev.regild.cli.terminal.Table;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * An update plan as a table.
 *
 * @param plan the answer of {@code POST /regild/v1/plan}
 */
record PlanTable(JsonNode plan) {
  /** Stands in a row for what the last line says once. */
  private static final String UNKNOWN = "?";

  private static final int MOST_NAMES = 8;

  private static final JsonNode NOTHING = JsonNodeFactory.instance.objectNode();

  void print(PrintWriter out) {
    Map<String, JsonNode> sources = new HashMap<>();
    for (JsonNode source : plan.path("cves").path("sources")) {
      source.path("packages").forEach(each -> sources.put(each.asString(""), source));
    }
    Table table = new Table("KIND", "PACKAGE", "FROM", "TO", "FIXES");
    for (JsonNode change : plan.path("changes")) {
      table.row(
          change.path("kind").asString(""),
          change.path("name").asString(""),
          change.path("from").asString(""),
          change.path("to").asString(""),
          fixes(change, sources.getOrDefault(change.path("name").asString(""), NOTHING)));
    }
    table.print(out);
    others(out);
    keptBack(out);
    cves(plan.path("cves"), out);
    plan.path("warnings").forEach(each -> line(out, "warning: %s".formatted(each.asString(""))));
  }

  private void others(PrintWriter out) {
    for (JsonNode other : plan.path("others")) {
      String what =
          switch (other.path("kind").asString("")) {
            case "ADDED" -> "new";
            case "REMOVED" -> "removed";
            default -> "also changed";
          };
      String versions =
          Stream.of("from", "to")
              .map(key -> other.path(key).asString(""))
              .filter(version -> !version.isEmpty())
              .collect(Collectors.joining(" -> "));
      String why = other.path("why").asString("");
      line(
          out,
          "%s: %s %s%s"
              .formatted(
                  what,
                  other.path("name").asString(""),
                  versions,
                  why.isEmpty() ? "" : " (" + why + ")"));
    }
  }

  private void keptBack(PrintWriter out) {
    for (JsonNode each : plan.path("keptBack")) {
      line(
          out,
          "kept back: %s %s, %s is offered (%s)"
              .formatted(
                  each.path("name").asString(""),
                  each.path("from").asString(""),
                  each.path("offered").asString(""),
                  each.path("reason").asString("")));
    }
  }

  static void cves(JsonNode cves, PrintWriter out) {
    cves("CVEs fixed", cves, out);
  }

  /** Prints nothing if there is nothing to print. */
  static void cves(String title, JsonNode cves, PrintWriter out) {
    if (!cves.isObject()) {
      return;
    }
    boolean isKnown = cves.path("unknown").isEmpty();
    int fixed = cves.path("fixed").asInt(0);
    int kernel = cves.path("kernel").asInt(0);
    String least = isKnown ? "" : "at least ";
    if (isKnown || fixed + kernel > 0) {
      line(out, "%s: %s%d, and %s%d in the kernel".formatted(title, least, fixed, least, kernel));
    }
    Map<String, List<String>> incomplete = new LinkedHashMap<>();
    for (JsonNode source : cves.path("sources")) {
      String name = source.path("source").asString("");
      JsonNode named = source.path("fixedCves");
      if (!named.isEmpty()) {
        line(out, "  %s: %s".formatted(name, named(named)));
      }
      for (JsonNode each : source.path("mentionedCves")) {
        line(
            out,
            "  %s mentions %s: %s"
                .formatted(
                    name,
                    each.path("cve").asString(""),
                    each.path("evidence").asString("").replaceAll("\\s+", " ")));
      }
      if (source.path("unknown").isString()) {
        incomplete
            .computeIfAbsent(source.path("unknown").asString(""), _ -> new ArrayList<>())
            .add(name);
      }
    }
    incomplete.forEach(
        (reason, names) -> line(out, "CVEs unknown: %s (%s)".formatted(some(names), reason)));
  }

  private static void line(PrintWriter out, String text) {
    out.println(Printable.line(text));
  }

  private static String some(List<String> names) {
    return names.size() <= MOST_NAMES
        ? String.join(", ", names)
        : "%s and %d more"
            .formatted(String.join(", ", names.subList(0, MOST_NAMES)), names.size() - MOST_NAMES);
  }

  private static String named(JsonNode cves) {
    List<String> names = new ArrayList<>();
    cves.forEach(each -> names.add(each.path("cve").asString("")));
    return String.join(", ", names);
  }

  /** The advisories and, where they are known, how many CVEs. */
  private static String fixes(JsonNode change, JsonNode source) {
    String said = advisories(change);
    int count = source.path("fixed").asInt(0);
    String cves =
        source.path("unknown").isString()
            ? (count == 0 ? UNKNOWN : "at least " + counted(count))
            : (count == 0 ? "" : counted(count));
    return cves.isEmpty() ? said : said.equals("-") ? cves : said + "; " + cves;
  }

  private static String counted(int cves) {
    return cves + (cves == 1 ? " CVE" : " CVEs");
  }

  /**
   * The advisories: {@code RHSA-2024:1234 Important CVE-2024-1}; else whether it is for security.
   */
  private static String advisories(JsonNode change) {
    List<String> advisories = new ArrayList<>();
    for (JsonNode advisory : change.path("advisories")) {
      List<String> words = new ArrayList<>();
      words.add(advisory.path("id").asString(""));
      words.add(advisory.path("severity").asString(""));
      advisory.path("cves").forEach(cve -> words.add(cve.asString("")));
      words.removeIf(String::isEmpty);
      advisories.add(String.join(" ", words));
    }
    String security = change.path("security").asBoolean(false) ? "security" : "-";
    return advisories.isEmpty() ? security : String.join("; ", advisories);
  }
}
