package dev.regild.console.view;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What runs for an account, and its exports.
 *
 * @param more whether more jobs run than are shown
 * @param nodes that run jobs; empty for an account that is no operator's
 */
public record JobsPage(
    List<Row> running, boolean more, List<Export> exports, Optional<NodesPart> nodes, Instant now) {
  /**
   * A job that makes an image.
   *
   * @param step what it does now, or why it waits
   * @param node where it runs; empty while it waits
   */
  public record Row(
      String image,
      String href,
      ImagesPage.State state,
      String step,
      int percent,
      String node,
      Instant since) {}

  /**
   * An export.
   *
   * @param disk the id of its disk; empty until that is there
   * @param detail why it failed, or what it does
   */
  public record Export(
      String name,
      String image,
      String tone,
      String state,
      String detail,
      String disk,
      Instant created) {}
}
