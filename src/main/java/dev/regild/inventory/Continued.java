package dev.regild.inventory;

/** Values of a guest's settings that go on in further lines. */
public final class Continued {
  /** More than any owner writes. What is longer is cut, so that lines without end cost no time. */
  private static final int LONGEST = 1 << 16;

  private Continued() {}

  /** Returns the value so far with one more line of it, or without it past 64 KiB. */
  public static String by(String before, String line) {
    return before.length() + line.length() > LONGEST ? before : before + " " + line.strip();
  }
}
