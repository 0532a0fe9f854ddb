package dev.regild.cli;

/** The entry point of every command. */
public final class Regild {
  private Regild() {}

  public static void main(String[] args) {
    System.exit(0);
  }
}
