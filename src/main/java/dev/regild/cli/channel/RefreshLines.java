package dev.regild.cli.channel;

import dev.regild.channel.RefreshOptions.Progress;
import dev.regild.cli.terminal.Printable;
import java.io.PrintWriter;

/** Prints how far a refresh is: a line for each thing that it does, and for each tenth of it. */
final class RefreshLines {
  private static final int PARTS = 10;

  private final PrintWriter out;
  private String last = "";

  RefreshLines(PrintWriter out) {
    this.out = out;
  }

  synchronized void show(Progress progress) {
    long part = progress.total() == 0 ? 0 : PARTS * progress.done() / progress.total();
    String step = progress.doing() + part;
    if (!step.equals(last)) {
      last = step;
      out.println("  " + Printable.text(progress.text()));
      out.flush();
    }
  }
}
