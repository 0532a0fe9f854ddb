package dev.regild.cli;

import dev.regild.machine.systemd.Credentials;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of each command that starts a node: those of a server, and those of a worker. */
final class NodeOptions {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The data directory of this node alone. Default: /var/lib/regild.")
  @Nullable String data;

  @Option(names = "--config", paramLabel = "FILE", description = "The configuration file (YAML).")
  @Nullable Path config;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "The number of jobs that run at once. Default: 1.")
  @Nullable String workers;

  @Option(
      names = "--node",
      paramLabel = "NAME",
      description =
          "The name of this node among the nodes of the database. Default: made from the"
              + " host's name.")
  @Nullable String node;

  @Option(
      names = "--log-format",
      paramLabel = "auto|text|json",
      description =
          "The format of the log on standard error. auto: fields of the systemd journal if standard"
              + " error goes there, else text. Default: auto.")
  @Nullable String logFormat;

  private final Map<String, String> flags = new HashMap<>();

  /** Has a key of the configuration set by an option of the command's own, if it was given. */
  NodeOptions with(String key, @Nullable String value) {
    if (value != null) {
      flags.put(key, value);
    }
    return this;
  }

  /** Reads the configuration: options override variables, and variables override the file. */
  Config read() throws ConfigException, IOException {
    return Config.read(
        Optional.ofNullable(config), Credentials.over(System.getenv()), shared().flags);
  }

  private NodeOptions shared() {
    return with("data", data)
        .with("workers", workers)
        .with("node.name", node)
        .with("log.format", logFormat);
  }
}
