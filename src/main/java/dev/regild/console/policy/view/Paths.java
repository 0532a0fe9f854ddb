package dev.regild.console.policy.view;

import dev.regild.console.view.Words;

/** Where the pages about policies are. */
public final class Paths {
  private Paths() {}

  /** The path of a line's page, or of one below it. */
  public static String line(String name, String below) {
    return "/console/lines/" + Words.encoded(name) + below;
  }

  /** The path of an alias's page, or of one below it. */
  public static String alias(String line, String name, String below) {
    return line(line, "/aliases/" + Words.encoded(name) + below);
  }

  /** The path of a schedule's page, or of one below it. */
  public static String schedule(String name, String below) {
    return "/console/schedules/" + Words.encoded(name) + below;
  }

  /** The path of a ring's page, or of one below it. */
  public static String ring(String channel, String name, String below) {
    return "/console/rings/" + Words.encoded(channel) + "/" + Words.encoded(name) + below;
  }

  /** The path of a revocation's page, or of one below it. */
  public static String revocation(String id, String below) {
    return "/console/revocations/" + Words.encoded(id) + below;
  }

  /** A digest as pages show it. */
  public static String digest(String digest) {
    String hex = digest.replaceFirst("^sha256:", "");
    return hex.length() > 12 ? hex.substring(0, 12) : hex;
  }
}
