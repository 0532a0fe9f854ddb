package dev.regild.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * An update plan as a table.
 *
 * @param plan the answer of {@code POST /regild/v1/plan}
 */
record PlanTable(JsonNode plan) {

  void print(PrintWriter out) {
    Table table = new Table("KIND", "PACKAGE", "FROM", "TO", "FIXES");
    for (JsonNode change : plan.path("changes")) {
      table.row(
          change.path("kind").asString(""),
          change.path("name").asString(""),
          change.path("from").asString(""),
          change.path("to").asString(""),
          mends(change));
    }
    table.print(out);
    others(out);
    keptBack(out);
    plan.path("warnings").forEach(each -> out.println("warning: " + each.asString("")));
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
      out.printf(
          "%s: %s %s%s%n",
          what, other.path("name").asString(""), versions, why.isEmpty() ? "" : " (" + why + ")");
    }
  }

  private void keptBack(PrintWriter out) {
    for (JsonNode each : plan.path("keptBack")) {
      out.printf(
          "kept back: %s %s, %s is offered (%s)%n",
          each.path("name").asString(""),
          each.path("from").asString(""),
          each.path("offered").asString(""),
          each.path("reason").asString(""));
    }
  }

  /** The advisories: {@code RHSA-2024:1234 Important CVE-2024-1}; or that it mends security. */
  private static String mends(JsonNode change) {
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
