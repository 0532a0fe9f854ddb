package dev.regild.servicing;

import java.util.List;
import java.util.regex.Pattern;

/** What a guest's program wrote, made fit for a message. */
public final class GuestText {
  private static final int LINES = 20;
  private static final int CHARACTERS = 4000;
  private static final int LINE_CHARACTERS = 300;
  private static final Pattern CONTROLS = Pattern.compile("[\\p{gc=Cc}&&[^\n\t]]");

  private GuestText() {}

  /** Its last lines that are not empty. */
  public static String end(String text) {
    String plain = CONTROLS.matcher(text.replace('\r', '\n')).replaceAll("");
    List<String> lines =
        plain.lines().map(String::stripTrailing).filter(l -> !l.isEmpty()).toList();
    String end = String.join("\n", lines.subList(Math.max(0, lines.size() - LINES), lines.size()));
    return end.substring(Math.max(0, end.length() - CHARACTERS));
  }

  /** One line of it, not longer than a person reads. */
  public static String line(String text) {
    String plain = CONTROLS.matcher(text.replaceAll("\\s+", " ")).replaceAll("").strip();
    return plain.substring(0, Math.min(plain.length(), LINE_CHARACTERS));
  }

  /** A sentence with the end of what a program said; empty if it said nothing. */
  public static String said(String output) {
    String end = end(output);
    return end.isEmpty() ? "" : " It said:\n" + end;
  }
}
