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
    name = "serve",
    description =
        "Runs the server with a built-in worker. Several servers can share a PostgreSQL database and"
            + " a store (docs/cluster.md).",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Each key of the configuration file can also be set by an environment variable:"
          + " REGILD_ and the key in capitals, such as REGILD_QUOTAS_IMAGES. The common keys"
          + " also have an option. Options override variables, and variables override the"
          + " file. docs/operations.md lists the keys."
    })
final class ServeCommand implements Callable<Integer> {
  @Option(
      names = "--listen",
      paramLabel = "ADDRESS:PORT",
      description =
          "The address to listen on. Default: 127.0.0.1:8790, which only this machine can"
              + " reach.")
  @Nullable String listen;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The data directory. Default: /var/lib/regild.")
  @Nullable String data;

  @Option(
      names = "--database",
      paramLabel = "URL",
      description =
          "The URL of a PostgreSQL database, such as postgresql://regild@db/regild. The password can"
              + " be in PGPASSWORD or ~/.pgpass. Default: a database in the data directory.")
  @Nullable String database;

  @Option(names = "--config", paramLabel = "FILE", description = "The configuration file (YAML).")
  @Nullable Path config;

  @Option(
      names = "--auth",
      paramLabel = "sigv4|off",
      description =
          "sigv4: every request must be signed with an access key. off: everyone who can"
              + " connect acts as account 000000000000. Default: sigv4.")
  @Nullable String auth;

  @Option(
      names = "--isolation",
      paramLabel = "vm|namespace",
      description =
          "What isolates a disk from this host during an update: a virtual machine or"
              + " namespaces. Use namespace only for images that you trust. Default: vm.")
  @Nullable String isolation;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "The number of updates and imports that run at once. Default: 1.")
  @Nullable String workers;

  @Option(
      names = "--store",
      paramLabel = "s3://BUCKET/PREFIX",
      description =
          "The S3 bucket for the layers of images (docs/store.md). Default: the data directory.")
  @Nullable String store;

  @Option(
      names = "--no-jobs",
      description = "Run no jobs; other nodes of the same database do (regild worker).")
  boolean noJobs;

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
    put(flags, "listen", listen);
    put(flags, "data", data);
    put(flags, "database", database);
    put(flags, "auth", auth);
    put(flags, "isolation", isolation);
    put(flags, "workers", workers);
    put(flags, "store", store);
    put(flags, "node.name", node);
    put(flags, "log.format", logFormat);
    Config read = Config.read(Optional.ofNullable(config), System.getenv(), flags);
    Logging.start(read.logFormat());
    RegildServer.start(read, noJobs ? Role.SERVE_WITHOUT_JOBS : Role.SERVE).awaitTermination();
    return 0;
  }

  private static void put(Map<String, String> flags, String key, @Nullable String value) {
    if (value != null) {
      flags.put(key, value);
    }
  }
}
