package dev.regild.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** An update plan as a table. */
final class PlanView {
  private final JsonNode plan;

  /**
   * A plan as the server tells it.
   *
   * @param plan the answer of {@code POST /regild/v1/plan}
   */
  PlanView(JsonNode plan) {
    this.plan = plan;
  }

  void print(PrintWriter out) {
    Table table = new Table("KIND", "PACKAGE", "FROM", "TO", "MENDS");
    for (JsonNode change : plan.path("changes")) {
      table.row(
          change.path("kind").asString(""),
          change.path("name").asString(""),
          change.path("from").asString(""),
          change.path("to").asString(""),
          mends(change));
    }
    table.print(out);
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
