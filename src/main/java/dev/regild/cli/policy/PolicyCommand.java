package dev.regild.cli.policy;

import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.DataOutput;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "policy",
    description = "Keeps rings, schedules, retention policies and notices in YAML files.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class PolicyCommand {
  private static final String PATH = "/regild/v1/policies";

  @Spec CommandSpec spec = CommandSpec.create();

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** What is compared with the server's policies. */
  static final class Compared {
    @Parameters(
        paramLabel = "FILE|DIR",
        arity = "1..*",
        description = "Files in YAML, or directories with *.yaml and *.yml.")
    List<Path> paths = new ArrayList<>();

    @Option(names = "--prune", description = "Remove policies that are not in the files.")
    boolean prune;
  }

  @Command(
      name = "apply",
      description =
          "Makes the server's policies equal to the files: all of them, or none if one is not valid."
              + " The second time, it changes nothing.",
      mixinStandardHelpOptions = true)
  int apply(@Mixin ServerConnection connection, @Mixin Compared compared)
      throws ServerRefusalException, IOException, InterruptedException {
    JsonNode changes = send(connection, compared, "/apply");
    print(changes, "Nothing has changed.");
    return 0;
  }

  @Command(
      name = "diff",
      description = "Shows what apply would change.",
      mixinStandardHelpOptions = true)
  int diff(@Mixin ServerConnection connection, @Mixin Compared compared, @Mixin DataOutput output)
      throws ServerRefusalException, IOException, InterruptedException {
    JsonNode changes = send(connection, compared, "/diff");
    if (output.isData()) {
      output.print(out(), changes);
    } else {
      print(changes, "There is no difference.");
    }
    return 0;
  }

  @Command(
      name = "export",
      description = "Prints all rings, schedules, retention policies and notices as YAML.",
      mixinStandardHelpOptions = true)
  int export(@Mixin ServerConnection connection)
      throws ServerRefusalException, IOException, InterruptedException {
    out().print(connection.client().get(PATH).path("yaml").asString(""));
    out().flush();
    return 0;
  }

  private static JsonNode send(ServerConnection connection, Compared compared, String act)
      throws ServerRefusalException, IOException, InterruptedException {
    StringBuilder yaml = new StringBuilder();
    for (Path file : files(compared.paths)) {
      // Documents of several files stay apart.
      yaml.append("---\n").append(Files.readString(file)).append('\n');
    }
    return connection
        .client()
        .post(PATH + act, Map.of("yaml", yaml.toString(), "prune", compared.prune))
        .path("changes");
  }

  private static List<Path> files(List<Path> paths) throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path path : paths) {
      if (!Files.isDirectory(path)) {
        files.add(path);
        continue;
      }
      try (Stream<Path> entries = Files.list(path)) {
        files.addAll(
            entries
                .filter(entry -> entry.toString().matches(".*\\.ya?ml"))
                .filter(Files::isRegularFile)
                .sorted()
                .toList());
      }
    }
    if (files.isEmpty()) {
      throw new IOException("There is no file whose name ends in .yaml or .yml. Name one.");
    }
    return files;
  }

  private void print(JsonNode changes, String none) {
    for (JsonNode change : changes) {
      out()
          .printf(
              "%s %s %s%n",
              change.path("act").asString("").toLowerCase(Locale.ROOT),
              change.path("kind").asString(""),
              change.path("name").asString(""));
      JsonNode before = change.path("before");
      JsonNode after = change.path("after");
      List<String> keys = new ArrayList<>();
      before.propertyNames().forEach(keys::add);
      after.propertyNames().stream().filter(key -> !before.has(key)).forEach(keys::add);
      for (String key : keys) {
        if (!before.path(key).equals(after.path(key))) {
          if (before.has(key)) {
            out().printf("  - %s: %s%n", key, before.path(key));
          }
          if (after.has(key)) {
            out().printf("  + %s: %s%n", key, after.path(key));
          }
        }
      }
    }
    if (changes.isEmpty()) {
      out().println(none);
    }
  }
}
