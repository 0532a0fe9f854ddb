package dev.regild.windows.upstream;

/** What a server says, as it goes to logs, to the channel's state and to operators. */
final class ServerWords {
  /** Characters; a server may say 64 KiB in one word. */
  private static final int LONGEST = 300;

  private ServerWords() {}

  static String shortened(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
  }
}
