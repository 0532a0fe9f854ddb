package dev.regild.console;

import java.time.Instant;
import java.util.List;

/**
 * A line of the audit: who asked for what, and what came of it.
 *
 * @param key the access key's id; empty if there was none
 * @param outcome {@code ok}, or the error's name
 * @param source the address that it came from
 */
public record Activity(
    Instant time,
    String request,
    String key,
    String operation,
    List<String> resources,
    String outcome,
    String source) {
  /**
   * Which lines to show; what is empty leaves none out.
   *
   * @param operation the whole name
   * @param resource a part of a name
   * @param key the whole id
   * @param failed only what was refused, or failed
   * @param before only older ones; empty for the newest
   */
  public record Filter(
      String operation, String resource, String key, boolean failed, String before) {}
}
