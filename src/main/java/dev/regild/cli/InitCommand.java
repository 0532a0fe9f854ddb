package dev.regild.cli;

import dev.regild.cli.terminal.Progress;
import dev.regild.files.DurableFiles;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Writes a first configuration. */
@Command(
    name = "init",
    description =
        "Writes a configuration file for a server. On a terminal, it asks five"
            + " questions, unless options answer them. Elsewhere, it uses the defaults for"
            + " options that you leave out.",
    mixinStandardHelpOptions = true)
final class InitCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The file to write. Default: regild.yaml in the current directory.")
  Path file = Path.of("regild.yaml");

  @Option(names = "--force", description = "Replace the file if it exists.")
  boolean force;

  @Option(names = "--data", paramLabel = "DIR", description = "The data directory.")
  @Nullable String data;

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS:PORT",
      description = "The address to listen on: 0.0.0.0:8790 for all, with TLS.")
  @Nullable String listen;

  @Option(
      names = "--isolation",
      paramLabel = "vm|namespace",
      description = "What isolates a disk from the host during an update.")
  @Nullable String isolation;

  @Option(
      names = "--database",
      paramLabel = "URL",
      description = "A PostgreSQL database. An empty URL means one file in the data directory.")
  @Nullable String database;

  @Option(
      names = "--store",
      paramLabel = "s3://BUCKET/PREFIX",
      description = "An S3 store. An empty value means the data directory.")
  @Nullable String store;

  /** Reads an answer; returns null at the end of the input. Empty if nobody is there to answer. */
  Optional<Function<String, @Nullable String>> person =
      Progress.onTerminal() ? Optional.of(InitCommand::ask) : Optional.empty();

  private static @Nullable String ask(String question) {
    return Optional.ofNullable(System.console())
        .map(console -> console.readLine("%s", question))
        .orElse(null);
  }

  /** One question: a key of the configuration. */
  private record Question(String key, String text, String usual, @Nullable String given) {}

  @Override
  public Integer call() throws IOException, ConfigException {
    if (Files.exists(file) && !force) {
      throw new IOException(
          "%s exists. Name another file with --config FILE, or replace it with --force."
              .formatted(file));
    }
    Path directory = file.toAbsolutePath().resolveSibling("");
    if (Files.isDirectory(file) || !Files.isDirectory(directory)) {
      throw new IOException(
          "%s. Name a file in a directory that exists with --config FILE."
              .formatted(
                  Files.isDirectory(file)
                      ? file + " is a directory"
                      : "The directory %s does not exist".formatted(directory)));
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (Question question : questions()) {
      String value = answer(question, values);
      if (!value.isEmpty()) {
        values.put(question.key(), value);
      }
    }
    Config config = check(values);
    write(values);
    PrintWriter out = spec.commandLine().getOut();
    out.printf("Wrote %s.%n", file);
    out.printf("Start the server: regild serve --config %s%n", file);
    out.printf(
        "Then add a channel: regild channel add debian-12 --from-host --data %s%s%n",
        config.data(),
        config.database().isPresent() || config.store().isPresent() ? " --config " + file : "");
    return 0;
  }

  private List<Question> questions() {
    return List.of(
        new Question("data", "Data directory (database, keys, images)", "/var/lib/regild", data),
        new Question(
            "listen",
            "Address to listen on (0.0.0.0:8790: others can connect, with TLS)",
            "127.0.0.1:8790",
            listen),
        new Question(
            "isolation",
            "Isolation of disks: vm, or namespace for images that you trust",
            "vm",
            isolation),
        new Question(
            "database",
            "URL of a PostgreSQL database (empty: a file in the data directory)",
            "",
            database),
        new Question(
            "store",
            "S3 store for images, s3://BUCKET/PREFIX (empty: the data directory)",
            "",
            store));
  }

  /** Asks until the value can be used. */
  private String answer(Question question, Map<String, String> before)
      throws IOException, ConfigException {
    if (question.given() != null) {
      return question.given().strip();
    }
    if (person.isEmpty()) {
      return question.usual();
    }
    while (true) {
      String prompt =
          question.usual().isEmpty()
              ? question.text() + ": "
              : "%s [%s]: ".formatted(question.text(), question.usual());
      String said = person.get().apply(prompt);
      if (said == null) {
        throw new IOException("The input has ended. Nothing was written.");
      }
      String value = said.isBlank() ? question.usual() : said.strip();
      Map<String, String> all = new LinkedHashMap<>(before);
      if (!value.isEmpty()) {
        all.put(question.key(), value);
      }
      try {
        var _ = check(all);
        return value;
      } catch (ConfigException e) {
        spec.commandLine().getErr().println(e.getMessage());
      }
    }
  }

  private static Config check(Map<String, String> values) throws ConfigException {
    return Config.read(Optional.empty(), Map.of(), values);
  }

  /** Its owner alone can read it: a database's address may have a password. */
  private void write(Map<String, String> values) throws IOException {
    Path whole = file.toAbsolutePath();
    Path fresh =
        Files.createFile(
            DurableFiles.temporaryBeside(whole),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.writeString(
          fresh,
          "# docs/operations.md lists all keys.\n"
              + YAMLMapper.shared().writeValueAsString(values));
      DurableFiles.force(fresh);
      DurableFiles.move(fresh, whole);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }
}
