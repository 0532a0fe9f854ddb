package dev.regild.cli;

import java.io.PrintWriter;
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
    Table table = new Table("KIND", "PACKAGE", "FROM", "TO");
    for (JsonNode change : plan.path("changes")) {
      table.row(
          change.path("kind").asString(""),
          change.path("name").asString(""),
          change.path("from").asString(""),
          change.path("to").asString(""));
    }
    table.print(out);
  }
}
