package dev.regild.cli.terminal;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The option of commands whose result is a text that goes to a file or is printed. */
public final class OutputOption {
  @Spec(Spec.Target.MIXEE)
  CommandSpec command = CommandSpec.create();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "The file to write. Default: standard output.")
  @Nullable Path file;

  /** Whether the result goes to a file. */
  public boolean isFile() {
    return file != null;
  }

  /**
   * Writes or prints the result: to a file or a pipe byte by byte, since its hash may be signed.
   *
   * @param content UTF-8
   * @throws IOException if the file can't be written, or its directory does not exist
   */
  public void write(InputStream content) throws IOException {
    Path named = file;
    if (named == null) {
      String text = new String(content.readAllBytes(), StandardCharsets.UTF_8);
      PrintWriter out = command.commandLine().getOut();
      out.print(Printable.text(text));
      if (Progress.onTerminal()) {
        out.println();
      }
      out.flush();
    } else {
      OutputFile.write(named, content);
    }
  }
}
