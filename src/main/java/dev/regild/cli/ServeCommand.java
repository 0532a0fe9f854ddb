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
  @Mixin NodeOptions options = new NodeOptions();

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS:PORT",
      description =
          "The address to listen on. Default: 127.0.0.1:8790, which only this machine can"
              + " reach.")
  @Nullable String listen;

  @Option(
      names = "--database",
      paramLabel = "URL",
      description =
          "The URL of a PostgreSQL database, such as postgresql://regild@db/regild. The password can"
              + " be in PGPASSWORD or ~/.pgpass. Default: a database in the data directory.")
  @Nullable String database;

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
      names = "--store",
      paramLabel = "s3://BUCKET/PREFIX",
      description =
          "The S3 bucket for the layers of images (docs/store.md). Default: the data directory.")
  @Nullable String store;

  @Option(
      names = "--no-jobs",
      description = "Run no jobs: leave them to other nodes of the same database (regild worker).")
  boolean noJobs;

  @Override
  public Integer call() throws ConfigException, IOException, InterruptedException {
    Config read =
        options
            .with("listen", listen)
            .with("database", database)
            .with("auth", auth)
            .with("isolation", isolation)
            .with("store", store)
            .read();
    NodeProcess.run(read, noJobs ? Role.SERVE_WITHOUT_JOBS : Role.SERVE);
    return 0;
  }
}
