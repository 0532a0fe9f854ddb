package dev.regild.cli;

import dev.regild.server.Role;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "worker",
    description =
        "Runs jobs of servers that share a PostgreSQL database and a store (docs/cluster.md). Answers"
            + " health checks and metrics, and no other request.",
    mixinStandardHelpOptions = true,
    footer = {"", "docs/operations.md lists the keys of the configuration file."})
final class WorkerCommand implements Callable<Integer> {
  @Mixin NodeOptions options = new NodeOptions();

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS:PORT",
      description =
          "The address for health checks and metrics. Default: 127.0.0.1:8791, which only this"
              + " machine can reach.")
  @Nullable String listen;

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

  @Option(
      names = "--isolation",
      paramLabel = "vm|namespace",
      description =
          "The isolation of the updates that this node makes. It takes no other updates."
              + " Default: vm.")
  @Nullable String isolation;

  @Override
  public Integer call() throws ConfigException, IOException, InterruptedException {
    Config read =
        options
            .with("worker.listen", listen)
            .with("database", database)
            .with("store", store)
            .with("isolation", isolation)
            .read()
            .ofWorker();
    NodeProcess.run(read, Role.WORKER);
    return 0;
  }
}
