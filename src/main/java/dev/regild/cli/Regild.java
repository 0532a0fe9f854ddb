package dev.regild.cli;

import static java.util.Objects.requireNonNull;

import dev.regild.cli.channel.AddChannelCommand;
import dev.regild.cli.channel.ChannelCommand;
import dev.regild.cli.doctor.DoctorCommand;
import dev.regild.cli.policy.AliasCommand;
import dev.regild.cli.policy.EventsCommand;
import dev.regild.cli.policy.LineCommand;
import dev.regild.cli.policy.NoticeCommand;
import dev.regild.cli.policy.PolicyCommand;
import dev.regild.cli.policy.RetentionCommand;
import dev.regild.cli.policy.RevocationCommand;
import dev.regild.cli.policy.RevokeCommand;
import dev.regild.cli.policy.RingCommand;
import dev.regild.cli.policy.ScheduleCommand;
import dev.regild.cli.registry.AccountCommand;
import dev.regild.cli.registry.FeedCommand;
import dev.regild.cli.registry.KeyCommand;
import dev.regild.cli.registry.PublishCommand;
import dev.regild.cli.registry.SigningKeyCommand;
import dev.regild.cli.store.BackupCommand;
import dev.regild.cli.store.MigrateCommand;
import dev.regild.cli.store.RestoreCommand;
import dev.regild.cli.store.StoreCommand;
import dev.regild.cli.terminal.Printable;
import dev.regild.cli.terminal.Version;
import dev.regild.files.Umask;
import dev.regild.server.http.HttpFront;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;

/** The entry point of every command. */
@Command(
    name = "regild",
    description = "Keeps golden images current.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "regild COMMAND --help shows a command's options. ./regild demo creates a"
          + " golden image and updates it, from start to finish. ./regild test runs the"
          + " tests.",
      "Exit status: 0 if the command succeeds, 1 if it fails (the message says why),"
          + " 2 if it is used wrongly."
    })
public final class Regild {
  /** By name, in the order of the help. */
  private static final Map<String, Class<?>> COMMANDS = commands();

  private Regild() {}

  private static Map<String, Class<?>> commands() {
    Map<String, Class<?>> commands = new LinkedHashMap<>();
    commands.put("serve", ServeCommand.class);
    commands.put("init", InitCommand.class);
    commands.put("worker", WorkerCommand.class);
    commands.put("nodes", NodesCommand.class);
    commands.put("import", ImportCommand.class);
    commands.put("images", ImagesCommand.class);
    commands.put("show", ShowCommand.class);
    commands.put("logs", LogsCommand.class);
    commands.put("status", StatusCommand.class);
    commands.put("update", UpdateCommand.class);
    commands.put("cancel", CancelCommand.class);
    commands.put("export", ExportCommand.class);
    commands.put("flatten", FlattenCommand.class);
    commands.put("sbom", SbomCommand.class);
    commands.put("vulnerabilities", VulnerabilitiesCommand.class);
    commands.put("vex", VexCommand.class);
    commands.put("diff", DiffCommand.class);
    commands.put("find", FindCommand.class);
    commands.put("provenance", ProvenanceCommand.class);
    commands.put("verify", VerifyCommand.class);
    commands.put("delete", DeleteCommand.class);
    commands.put("line", LineCommand.class);
    commands.put("alias", AliasCommand.class);
    commands.put("schedule", ScheduleCommand.class);
    commands.put("ring", RingCommand.class);
    commands.put("retention", RetentionCommand.class);
    commands.put("revoke", RevokeCommand.class);
    commands.put("revocation", RevocationCommand.class);
    commands.put("notice", NoticeCommand.class);
    commands.put("events", EventsCommand.class);
    commands.put("policy", PolicyCommand.class);
    commands.put("disks", DisksCommand.class);
    commands.put("channel", ChannelCommand.class);
    commands.put("feed", FeedCommand.class);
    commands.put("account", AccountCommand.class);
    commands.put("key", KeyCommand.class);
    commands.put("signing-key", SigningKeyCommand.class);
    commands.put("publish", PublishCommand.class);
    commands.put("store", StoreCommand.class);
    commands.put("migrate", MigrateCommand.class);
    commands.put("backup", BackupCommand.class);
    commands.put("restore", RestoreCommand.class);
    commands.put("doctor", DoctorCommand.class);
    commands.put("completion", CompletionCommand.class);
    commands.put("help", CommandLine.HelpCommand.class);
    return commands;
  }

  /** Runs a command; the process's exit status is the command's. */
  public static void main(String[] args) {
    if (args.length > 0 && args[0].equals("serve")) {
      // While this thread reads the command line: a server is there sooner with a second processor.
      Thread.ofPlatform().name("prepare").daemon().start(HttpFront::prepare);
    }
    exit((out, err) -> run(out, err, args));
  }

  /** What a process runs, with where it writes; returns the process's exit status. */
  interface Run {
    int run(PrintWriter out, PrintWriter err);
  }

  /** Runs it, and ends the process. */
  static void exit(Run run) {
    Umask.ownerAlone();
    System.exit(run(run, System.out, System.err));
  }

  /** Runs it; returns its exit status when all of its output is written. */
  static int run(Run run, OutputStream out, OutputStream err) {
    PrintWriter words = new PrintWriter(out, true, StandardCharsets.UTF_8);
    PrintWriter errors = new PrintWriter(err, true, StandardCharsets.UTF_8);
    try {
      return run.run(words, errors);
    } finally {
      words.flush();
      errors.flush();
    }
  }

  /**
   * Runs a command inside this process.
   *
   * @return its exit status
   */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    Class<?> named = args.length == 0 || args[0].equals("help") ? null : COMMANDS.get(args[0]);
    if (named != null) {
      // Alone: to look at all the others would be a third of a server's start.
      CommandLine command = new CommandLine(named).setCommandName("regild " + args[0]);
      AddChannelCommand.declareSourceOptions(command);
      return execute(command, out, err, Arrays.copyOfRange(args, 1, args.length));
    }
    CommandLine regild = allCommands();
    if (args.length == 0) {
      regild.usage(out);
      return 2;
    }
    return execute(regild, out, err, args);
  }

  /** The command line with every command. */
  static CommandLine allCommands() {
    CommandLine regild = new CommandLine(new Regild());
    COMMANDS.forEach(regild::addSubcommand);
    requireNonNull(regild.getSubcommands().get("help"))
        .getCommandSpec()
        .usageMessage()
        .header("Shows the help of a command.");
    AddChannelCommand.declareSourceOptions(regild);
    return regild;
  }

  /** Runs a command line; returns its exit status. */
  static int execute(CommandLine line, PrintWriter out, PrintWriter err, String... args) {
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setOut(out);
    line.setErr(err);
    line.setExecutionExceptionHandler((exception, command, parsed) -> {
      String message = exception.getMessage();
      String told = message == null || message.isBlank() ? exception.toString() : message;
      command.getErr().println("regild: " + Printable.text(told));
      if (exception instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      return 1;
    });
    line.setParameterExceptionHandler(withoutAWordTwice(line.getParameterExceptionHandler()));
    line.setExecutionStrategy(Regild::runAndClose);
    return line.execute(args);
  }

  /** Ends the connections that a command about channels has opened. */
  private static int runAndClose(CommandLine.ParseResult parsed) {
    try {
      return new CommandLine.RunLast().execute(parsed);
    } finally {
      for (CommandLine each : parsed.asCommandLineList()) {
        if (each.getCommand() instanceof ChannelCommand channels) {
          channels.close();
        }
      }
    }
  }

  /** picocli 4.7 says "option option '--tag'" of a value that is not KEY=VALUE. */
  private static IParameterExceptionHandler withoutAWordTwice(IParameterExceptionHandler usual) {
    return (exception, words) -> {
      String message = String.valueOf(exception.getMessage());
      ParameterException told =
          message.contains("option option")
              ? new ParameterException(
                  exception.getCommandLine(), message.replace("option option", "option"), exception)
              : exception;
      return usual.handleParseException(told, words);
    };
  }
}
