package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;
import dev.regild.image.Bin;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The retention of lines.
 *
 * @param rows policies of this page of the list
 * @param first whether the list begins with them
 * @param next where the list goes on; empty if it ends here
 * @param lines that can have a policy
 * @param deleted images whose deletion can be undone, the latest first
 * @param count of all of these
 */
public record RetentionPage(
    List<Row> rows,
    boolean first,
    String next,
    List<String> lines,
    Fields form,
    List<Bin.Binned> deleted,
    int count,
    Commands commands,
    Instant now) {

  /**
   * A policy.
   *
   * @param enabled whether it is carried out by itself
   */
  public record Row(
      String line,
      int keep,
      long days,
      long deprecate,
      long undo,
      boolean enabled,
      Optional<Instant> lastRun) {}
}
