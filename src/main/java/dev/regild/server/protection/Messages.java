package dev.regild.server.protection;

/** What others say, as part of one cell of a table. */
final class Messages {
  private static final int MOST = 160;

  private Messages() {}

  static String line(Exception e) {
    String message = String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
    return message.length() <= MOST ? message : message.substring(0, MOST) + "…";
  }
}
