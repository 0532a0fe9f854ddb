package dev.regild.cli.doctor;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.regild.cli.terminal.Times;
import dev.regild.windows.servicing.TrialStep;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The report of a trial, which grows step by step on the terminal and in its file. */
final class TrialReport implements AutoCloseable {
  /** Below the names of the steps. */
  private static final String BELOW = " ".repeat(27);

  private final PrintWriter out;
  private final Path file;
  private final Writer writer;
  private int problems;

  /**
   * Begins a report.
   *
   * @param file is replaced
   * @param heading what is tried, on what; a line each
   * @throws IOException if the file can't be written
   */
  TrialReport(PrintWriter out, Path file, List<String> heading) throws IOException {
    this.out = out;
    this.file = file;
    try {
      this.writer = Files.newBufferedWriter(file, CREATE, TRUNCATE_EXISTING, WRITE, NOFOLLOW_LINKS);
    } catch (IOException e) {
      throw new IOException(
          "The report can't be written to %s (%s). Name another file: --report FILE"
              .formatted(file, e),
          e);
    }
    heading.forEach(this::line);
    line("");
  }

  /** Takes what came of a step. */
  void add(TrialStep step) {
    problems += step.problems().size();
    String state = step.problems().isEmpty() ? "ok" : "NOT AS EXPECTED";
    line(String.format(Locale.ROOT, "%-15s  %8s  %s", state, Times.text(step.time()), step.name()));
    step.found().forEach(found -> line(BELOW + found));
    for (String problem : step.problems()) {
      line(BELOW + "! " + problem.replace("\n", "\n" + BELOW + "  "));
    }
  }

  /**
   * Ends it.
   *
   * @return whether all was as expected
   */
  boolean end() {
    line("");
    line(
        switch (problems) {
          case 0 -> "Everything was as expected.";
          case 1 -> "One thing was not as expected.";
          default -> problems + " things were not as expected.";
        });
    out.println("This report is in " + file + ".");
    return problems == 0;
  }

  private void line(String text) {
    out.println(text);
    out.flush();
    try {
      writer.write(text + "\n");
      writer.flush();
    } catch (IOException e) {
      out.println("! The report file " + file + " is incomplete: " + e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
