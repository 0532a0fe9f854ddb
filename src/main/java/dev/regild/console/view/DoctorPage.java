package dev.regild.console.view;

import java.util.List;

/**
 * What doctor says about the server's machine.
 *
 * @param parts of the machine, in their order
 * @param problems how many checks found one
 */
public record DoctorPage(List<Part> parts, long problems) {
  /** A part of the machine. */
  public record Part(String name, List<Row> checks) {}

  /** What came of one check. */
  public record Row(String what, String state, String detail, boolean isProblem) {}
}
