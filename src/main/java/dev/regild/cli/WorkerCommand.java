package dev.regild.cli;

import dev.regild.server.RegildServer;
import dev.regild.server.Role;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.server.telemetry.Logging;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "worker",
    description =
        "Runs jobs of servers that share a PostgreSQL database and a store (docs/cluster.md). Answers"
            + " health checks and metrics, and no other request.",
    mixinStandardHelpOptions = true,
    footer = {"", "docs/operations.md lists the keys of the configuration file."})
final class WorkerCommand implements Callable<Integer> {
  @Option(
      names = "--listen",
      paramLabel = "ADDRESS:PORT",
      description =
          "The address for health checks and metrics. Default: 127.0.0.1:8791, which only this"
              + " machine can reach.")
  @Nullable String listen;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The data directory of this node alone. Default: /var/lib/regild.")
  @Nullable String data;

  @Option(
      names = "--database",
      paramLabel = "URL",
      description =
          "The URL of the servers' PostgreSQL database, such as postgresql://regild@db/regild. The"
              + " password can be in PGPASSWORD or ~/.pgpass.")
  @Nullable String database;

  @Option(
      names = "--store",
      paramLabel = "s3://BUCKET/PREFIX",
      description = "The servers' S3 store (docs/store.md).")
  @Nullable String store;

  @Option(names = "--config", paramLabel = "FILE", description = "The configuration file (YAML).")
  @Nullable Path config;

  @Option(
      names = "--isolation",
      paramLabel = "vm|namespace",
      description =
          "The isolation of the updates that this node makes. It takes no others. Default: vm.")
  @Nullable String isolation;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "The number of jobs that run at once. Default: 1.")
  @Nullable String workers;

  @Option(
      names = "--node",
      paramLabel = "NAME",
      description =
          "The name of this node among those of the database. Default: made of the host's name.")
  @Nullable String node;

  @Option(
      names = "--log-format",
      paramLabel = "text|json",
      description = "The format of the log on standard error: text or json. Default: text.")
  @Nullable String logFormat;

  @Override
  public Integer call() throws ConfigException, IOException, InterruptedException {
    Map<String, String> flags = new HashMap<>();
    put(flags, "worker.listen", listen);
    put(flags, "data", data);
    put(flags, "database", database);
    put(flags, "store", store);
    put(flags, "isolation", isolation);
    put(flags, "workers", workers);
    put(flags, "node.name", node);
    put(flags, "log.format", logFormat);
    Config read = Config.read(Optional.ofNullable(config), System.getenv(), flags).ofWorker();
    Logging.start(read.logFormat());
    RegildServer.start(read, Role.WORKER).awaitTermination();
    return 0;
  }

  private static void put(Map<String, String> flags, String key, @Nullable String value) {
    if (value != null) {
      flags.put(key, value);
    }
  }
}
