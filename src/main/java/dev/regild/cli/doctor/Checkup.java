package dev.regild.cli.doctor;

import dev.regild.cli.terminal.Printable;
import dev.regild.cli.terminal.Table;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** One part of what a look at this machine found, check by check. */
final class Checkup {
  private final String heading;
  private final List<Check> checks = new ArrayList<>();

  /**
   * What came of one check.
   *
   * @param state one word
   * @param detail how it was seen; of a problem, what is wrong and what to do about it
   */
  private record Check(String what, String state, String detail, boolean isProblem) {}

  /** A part with nothing in it yet. */
  Checkup(String heading) {
    this.heading = heading;
  }

  void found(String what, String state, String detail) {
    checks.add(new Check(what, state, detail, false));
  }

  void problem(String what, String detail) {
    checks.add(new Check(what, "PROBLEM", detail, true));
  }

  boolean hasProblems() {
    return checks.stream().anyMatch(Check::isProblem);
  }

  /** Prints all checks as a table, which the problems follow: they are too long for a cell. */
  void print(PrintWriter out) {
    Table table = new Table(heading, "STATE", "DETAIL");
    for (Check check : checks) {
      table.row(check.what(), check.state(), check.isProblem() ? "see below" : check.detail());
    }
    table.print(out);
  }

  /** Prints each problem in a line of its own. */
  void printProblems(PrintWriter out) {
    checks.stream()
        .filter(Check::isProblem)
        .forEach(check -> out.println("! " + Printable.text(check.what() + ": " + check.detail())));
  }

  /**
   * Returns all checks, with the members {@code check}, {@code state}, {@code detail} and {@code
   * problem}.
   */
  ArrayNode json() {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    for (Check check : checks) {
      all.addObject()
          .put("check", Printable.text(check.what()))
          .put("state", Printable.text(check.state()))
          .put("detail", Printable.text(check.detail()))
          .put("problem", check.isProblem());
    }
    return all;
  }
}
