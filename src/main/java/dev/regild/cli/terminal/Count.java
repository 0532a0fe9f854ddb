package dev.regild.cli.terminal;

/** Numbers of things in sentences. */
public final class Count {
  private Count() {}

  /** Returns a number with what is counted: {@code 1 image}, {@code 2 images}. */
  public static String of(long number, String thing) {
    return "%d %s%s".formatted(number, thing, number == 1 ? "" : "s");
  }
}
