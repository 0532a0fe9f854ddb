package dev.regild.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine;

/** Writes the help of every command into files, of which manual pages are made. */
final class HelpTexts {
  private HelpTexts() {}

  /**
   * Writes them.
   *
   * @param args a directory; a file there is named {@code regild-channel-add}
   */
  public static void main(String[] args) throws IOException {
    write(Path.of(args[0]), "regild", Regild.allCommands());
  }

  private static void write(Path directory, String name, CommandLine command) throws IOException {
    Files.writeString(directory.resolve(name), command.getUsageMessage(CommandLine.Help.Ansi.OFF));
    for (var part : command.getSubcommands().entrySet()) {
      if (!part.getKey().equals("help")) {
        write(directory, name + "-" + part.getKey(), part.getValue());
      }
    }
  }
}
