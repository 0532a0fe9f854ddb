package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;
import dev.regild.policy.line.Alias;
import java.util.List;

/**
 * Lines, and the policies of each.
 *
 * @param first whether no line comes before these
 * @param next where the next lines are; empty if there are none
 * @param form begins a line
 * @param images proposals for it
 */
public record LinesPage(
    List<Row> rows,
    boolean first,
    String next,
    Fields form,
    List<String> images,
    Commands commands) {

  /**
   * A line.
   *
   * @param newest the name of its newest image; empty if it has none
   * @param ring that it follows; empty for the channel's repositories
   * @param retention in words; empty if it has no policy
   */
  public record Row(
      String name,
      int images,
      String newest,
      List<Alias> aliases,
      List<String> schedules,
      String ring,
      String ringPath,
      String retention) {}
}
