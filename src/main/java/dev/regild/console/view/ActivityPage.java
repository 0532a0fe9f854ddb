package dev.regild.console.view;

import java.time.Instant;
import java.util.List;

/**
 * The audit of an account.
 *
 * @param lines the newest first
 * @param next the page with older ones; empty if there are none
 */
public record ActivityPage(
    String operation,
    String resource,
    String key,
    boolean failed,
    List<Line> lines,
    String next,
    Instant now) {

  /** A line. */
  public record Line(
      Instant time,
      String who,
      String operation,
      List<String> resources,
      String tone,
      String outcome,
      String source,
      String request) {}
}
