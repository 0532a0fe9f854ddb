package dev.regild.cli.terminal;

import java.io.Console;
import java.io.PrintWriter;
import java.util.Optional;

/**
 * Shows how far something is: a bar that redraws itself on a terminal, else a line each time that a
 * quarter is done.
 */
public final class Progress {
  private static final int WIDTH = 30;

  private final PrintWriter out;
  private final boolean terminal;
  private String label = "";
  private int lastShown = -1;

  public Progress(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** Whether there is a person in front of a terminal. */
  public static boolean onTerminal() {
    return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
  }

  /** Shows how far the named thing is, 0 to 1. */
  public synchronized void show(String name, double done) {
    int percent = (int) Math.round(100 * Math.clamp(done, 0, 1));
    if (!name.equals(label)) {
      label = name;
      lastShown = -1;
    }
    if (terminal) {
      if (percent != lastShown) {
        int filled = percent * WIDTH / 100;
        out.printf(
            "\r%-10s [%s%s] %3d %%", name, "#".repeat(filled), " ".repeat(WIDTH - filled), percent);
        out.flush();
        lastShown = percent;
      }
    } else if (percent / 25 > lastShown / 25 && percent >= 25) {
      out.printf("%s: %d %%%n", name, percent);
      out.flush();
      lastShown = percent;
    }
  }

  /** Replaces the bar by a line that stays. */
  public synchronized void done(String line) {
    if (terminal) {
      out.print("\r\033[K");
    }
    out.println(line);
    out.flush();
    label = "";
    lastShown = -1;
  }
}
