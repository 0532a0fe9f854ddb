package dev.regild.machine;

import java.util.Arrays;
import java.util.regex.Pattern;

/** A serial console's output, made fit for a message: a guest decides what stands in it. */
final class ConsoleText {
  /** ECMA-48: control sequences, then operating system commands, then the shorter escapes. */
  private static final Pattern ESCAPES =
      Pattern.compile(
          "\u001b\\[[0-?]*[ -/]*[@-~]|\u001b\\][^\u0007\u001b]*(\u0007|\u001b\\\\)|\u001b[ -/]*[0-~]");

  private static final Pattern CONTROLS = Pattern.compile("[\\p{gc=Cc}&&[^\n\t]]");
  private static final Pattern EMPTY_LINES = Pattern.compile("\n{3,}");

  private ConsoleText() {}

  static String cleaned(String raw) {
    String text = ESCAPES.matcher(raw.replace("\r\n", "\n")).replaceAll("");
    text = CONTROLS.matcher(text.replace('\r', '\n')).replaceAll("");
    return EMPTY_LINES.matcher(text).replaceAll("\n\n").strip();
  }

  /** The last lines, for a message. */
  static String end(String cleaned, int lines) {
    String[] all = cleaned.split("\n", -1);
    int from = Math.max(0, all.length - lines);
    return String.join("\n", Arrays.asList(all).subList(from, all.length));
  }
}
