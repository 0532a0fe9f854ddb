package dev.regild.servicing;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.regex.Pattern;

/**
 * What of a package manager's output is the cause of its failure: that line first, then the lines
 * around it.
 */
final class FirstCause {
  /** The most lines of context. */
  private static final int CONTEXT = 15;

  /** What is put before a program's words. */
  private static final Pattern PROGRAM =
      Pattern.compile("^(?:[\\w.+-]+ failed with status \\d+|guestfs_command|command): ");

  /** Longer lines are cut here: people do not write such lines. */
  private static final int LONGEST = 400;

  /** No more of a line is compared with patterns: the guest has written it. */
  private static final int COMPARED = 1000;

  /**
   * In this order, the more exact before what only sums up: dpkg's and rpm's words for a package
   * that fails, a hook that fails, then what apt, dnf and yum end with.
   */
  private static final List<Pattern> CAUSES =
      List.of(
          Pattern.compile("dpkg: error processing (?:package|archive) .*"),
          Pattern.compile(
              "dpkg(?:-deb|-divert|-statoverride)?: (?:unrecoverable fatal )?error: .*"),
          Pattern.compile("(?:error|warning): %\\w+\\(.*\\) scriptlet failed.*"),
          Pattern.compile("Error in \\w+ scriptlet in rpm package .*"),
          Pattern.compile("E: Problem executing scripts? .*"),
          Pattern.compile("E: (?!Sub-process ).*"),
          Pattern.compile("E: .*"),
          Pattern.compile("(?:dnf|yum): .*"),
          Pattern.compile("[\\w.]*\\w(?:Error|Exception): .*"),
          Pattern.compile("Error: .*"),
          Pattern.compile("error: .*"),
          Pattern.compile(".*(?:No space left on device|Read-only file system).*"));

  private FirstCause() {}

  /** The line that says it, of a failure's message. */
  static String of(Exception failure) {
    String message = String.valueOf(failure.getMessage());
    List<String> lines = lines(message);
    return cut(cause(lines, lines.isEmpty() ? message : lines.getFirst()));
  }

  /** The same failure with its cause first, and no more around it than people read. */
  static GuestException told(GuestException failure) {
    String message = String.valueOf(failure.getMessage());
    return new GuestException(of(message, of(failure)), failure);
  }

  /**
   * The cause, then at most {@value #CONTEXT} whole lines that stand before and behind it, each
   * once.
   *
   * @param output of the program that failed
   * @param otherwise the cause where no line of the output is known to be one
   */
  static String of(String output, String otherwise) {
    SequencedSet<String> lines = new LinkedHashSet<>();
    lines.addAll(lines(output));
    List<String> all = List.copyOf(lines);
    String cause = cause(all, otherwise);
    int at = all.indexOf(cause);
    int to = at < 0 ? all.size() : Math.min(all.size(), at + 6);
    int from = Math.max(0, to - CONTEXT - (at < 0 ? 0 : 1));
    List<String> told = new ArrayList<>(List.of(cut(cause)));
    for (String line : all.subList(from, to)) {
      if (!line.equals(cause)) {
        told.add(cut(line));
      }
    }
    return String.join("\n", told);
  }

  /** Of a program's output, without what was put before it to say which program failed. */
  private static List<String> lines(String output) {
    return output
        .lines()
        .map(line -> line.substring(0, Math.min(line.length(), COMPARED)))
        .map(line -> PROGRAM.matcher(line).replaceFirst("").strip())
        .filter(line -> !line.isEmpty())
        .toList();
  }

  private static String cause(List<String> lines, String otherwise) {
    for (Pattern pattern : CAUSES) {
      for (String line : lines) {
        if (pattern.matcher(line).matches()) {
          return line;
        }
      }
    }
    return otherwise;
  }

  private static String cut(String line) {
    return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
  }
}
