package dev.regild.cli;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "completion",
    description = "Prints a script with which a shell completes commands and options.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "bash: regild completion bash > /etc/bash_completion.d/regild",
      "zsh:  regild completion zsh > ~/.zsh/_regild  (a directory in fpath)",
      "fish: regild completion fish > ~/.config/fish/completions/regild.fish"
    })
final class CompletionCommand implements Callable<Integer> {
  /** The shells that there are scripts for. */
  enum Shell {
    BASH,
    ZSH,
    FISH
  }

  @Parameters(index = "0", paramLabel = "bash|zsh|fish", description = "The shell.")
  Shell shell = Shell.BASH;

  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    CommandLine all = Regild.allCommands();
    spec.commandLine()
        .getOut()
        .print(
            switch (shell) {
              case BASH -> AutoComplete.bash("regild", all);
              case ZSH -> zsh(AutoComplete.bash("regild", all));
              case FISH -> fish(all);
            });
    return 0;
  }

  /** zsh runs bash's completions; the script goes on only where it is read as one of zsh's. */
  private static String zsh(String bash) {
    return "#compdef regild\nautoload -Uz bashcompinit && bashcompinit\n" + bash;
  }

  private static String fish(CommandLine all) {
    StringBuilder script = new StringBuilder("complete -c regild -f\n");
    all.getSubcommands()
        .forEach((name, command) -> {
          line(script, "__fish_use_subcommand", "-a " + name, summary(command.getCommandSpec()));
          String chosen = "__fish_seen_subcommand_from " + name;
          Map<String, CommandLine> parts = command.getSubcommands();
          String none =
              parts.isEmpty()
                  ? chosen
                  : chosen
                      + "; and not __fish_seen_subcommand_from "
                      + String.join(" ", parts.keySet());
          options(script, none, command);
          parts.forEach((part, each) -> {
            line(script, none, "-a " + part, summary(each.getCommandSpec()));
            options(script, chosen + "; and __fish_seen_subcommand_from " + part, each);
          });
        });
    return script.toString();
  }

  private static void options(StringBuilder script, String when, CommandLine command) {
    for (OptionSpec option : command.getCommandSpec().options()) {
      if (option.hidden()) {
        continue;
      }
      StringBuilder names = new StringBuilder();
      for (String name : option.names()) {
        names.append(
            name.startsWith("--")
                ? "-l " + name.substring(2) + " "
                : "-s " + name.substring(1) + " ");
      }
      // What a file is may be completed by the names of files; other values are not known.
      String value =
          option.arity().max() == 0
              ? ""
              : option.paramLabel().toUpperCase(Locale.ROOT).matches("FILE|DIR") ? "-r -F" : "-x";
      line(script, when, names + value, firstSentence(option.description()));
    }
  }

  private static String summary(CommandSpec command) {
    return firstSentence(
        Stream.of(command.usageMessage().header(), command.usageMessage().description())
            .filter(lines -> lines.length > 0)
            .findFirst()
            .orElse(new String[0]));
  }

  private static String firstSentence(String[] lines) {
    String text = String.join(" ", lines);
    int end = text.indexOf(". ");
    return (end < 0 ? text : text.substring(0, end)).replaceFirst("\\.$", "").replace("%n", " ");
  }

  private static void line(StringBuilder script, String when, String what, String description) {
    script
        .append("complete -c regild -n ")
        .append(quoted(when))
        .append(' ')
        .append(what.strip())
        .append(" -d ")
        .append(quoted(description))
        .append('\n');
  }

  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
