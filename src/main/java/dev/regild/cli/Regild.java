package dev.regild.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The entry point of every command. */
@Command(
    name = "regild",
    description = "Keeps golden images current.",
    mixinStandardHelpOptions = true,
    versionProvider = Regild.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ServeCommand.class,
      DemoCommand.class,
      ImportCommand.class,
      ImagesCommand.class,
      ShowCommand.class,
      UpdateCommand.class,
      ExportCommand.class,
      DeleteCommand.class,
      DisksCommand.class,
      ChannelCommand.class,
      AccountCommand.class,
      KeyCommand.class,
      PublishCommand.class,
      DoctorCommand.class,
      CommandLine.HelpCommand.class
    },
    footer = {
      "",
      "regild COMMAND --help shows a command's options; ./regild test runs the tests.",
      "Exit status: 0 done; 1 it could not be done, and the message says why; 2 wrong usage."
    })
public final class Regild {
  private Regild() {}

  /** What the jar's manifest says. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {
        "regild "
            + Optional.ofNullable(Regild.class.getPackage().getImplementationVersion())
                .orElse("of this source tree")
      };
    }
  }

  /** Runs a command; the process's exit status is the command's. */
  public static void main(String[] args) {
    System.exit(
        run(
            new PrintWriter(System.out, true, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8),
            args));
  }

  /**
   * Runs a command inside this process.
   *
   * @return its exit status
   */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    CommandLine line = new CommandLine(new Regild());
    line.setOut(out);
    line.setErr(err);
    line.setExecutionExceptionHandler((exception, command, parsed) -> {
      String message = exception.getMessage();
      command
          .getErr()
          .println("regild: " + (message == null || message.isBlank() ? exception : message));
      if (exception instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      return 1;
    });
    if (args.length == 0) {
      line.usage(line.getOut());
      return 2;
    }
    return line.execute(args);
  }
}
