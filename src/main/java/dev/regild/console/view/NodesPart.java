package dev.regild.console.view;

import java.time.Instant;
import java.util.List;

/** The nodes that run jobs, which only operators see. */
public record NodesPart(List<Row> rows) {
  /**
   * A node.
   *
   * @param tone {@code good}, {@code bad}, {@code busy} or {@code dim}
   * @param jobs how many jobs it runs, of how many at once
   * @param abilities what jobs it can run, in words
   * @param free of the file system for its jobs
   * @param command drains it, or has it take jobs again
   */
  public record Row(
      String name,
      String host,
      String version,
      String role,
      String tone,
      String state,
      boolean draining,
      Instant since,
      Instant heartbeat,
      String jobs,
      String abilities,
      String accelerator,
      String free,
      String command) {
    /** The address of an action on it. */
    public String path(String action) {
      return "/console/nodes/" + Words.encoded(name) + action;
    }
  }
}
