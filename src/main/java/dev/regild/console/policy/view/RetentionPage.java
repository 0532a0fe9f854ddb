package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;
import dev.regild.image.Bin;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The retention of lines.
 *
 * @param lines that can have a policy
 * @param deleted images whose deletion can be undone, the latest first
 * @param count of all of these
 */
public record RetentionPage(
    List<Row> rows,
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
