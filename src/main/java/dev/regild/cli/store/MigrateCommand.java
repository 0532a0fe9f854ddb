package dev.regild.cli.store;

import dev.regild.cli.registry.LocalRegistry;
import dev.regild.cli.terminal.Table;
import dev.regild.db.Database;
import dev.regild.db.DatabaseUnavailableException;
import dev.regild.db.PostgresAddress;
import dev.regild.disk.ByteCount;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.server.migration.Migration;
import dev.regild.store.ObjectStore;
import dev.regild.store.StoreSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Moves a registry while no server runs. */
@Command(
    name = "migrate",
    description =
        "Copies a registry from a data directory to PostgreSQL and an S3 store, and reads every object"
            + " back. Stop the server first. The data directory is not changed. If it is interrupted, run it"
            + " again.",
    mixinStandardHelpOptions = true)
public final class MigrateCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      required = true,
      description = "The data directory of the embedded registry.")
  Path data = Path.of("");

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The new servers' configuration file: their database and store.")
  @Nullable Path config;

  @Option(
      names = "--database",
      paramLabel = "URL",
      description = "The URL of an empty PostgreSQL database. Default: REGILD_DATABASE.")
  @Nullable String database;

  @Option(
      names = "--store",
      paramLabel = "s3://BUCKET/PREFIX",
      description = "A store without objects below its prefix. Default: REGILD_STORE.")
  @Nullable String store;

  @Override
  public Integer call() throws IOException, ConfigException, InterruptedException {
    LocalRegistry.requireOwner(data);
    Config target = StoreOptions.read(config, data, database, store);
    PostgresAddress address =
        target
            .database()
            .orElseThrow(() ->
                new ConfigException(
                    "No database is configured. Name it with --database URL, REGILD_DATABASE or the key database in --config FILE."));
    StoreSettings settings = StoreOptions.store(target);
    PrintWriter out = spec.commandLine().getOut();
    try (Database opened = open(address);
        ObjectStore objects = new ObjectStore(settings)) {
      print(new Migration(data, opened, objects, out::println).run());
    }
    return 0;
  }

  private static Database open(PostgresAddress address) throws IOException {
    try {
      return Database.open(address);
    } catch (DatabaseUnavailableException | IllegalStateException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private void print(Migration.Summary moved) {
    PrintWriter out = spec.commandLine().getOut();
    Table table = new Table("MOVED", "NUMBER");
    table.row("layers", String.valueOf(moved.layers()));
    table.row("disks", String.valueOf(moved.disks()));
    table.row("channels", String.valueOf(moved.channels()));
    table.row("bytes", ByteCount.text(moved.bytes()));
    moved
        .rows()
        .forEach((name, rows) -> {
          if (rows > 0) {
            table.row("rows of " + name, String.valueOf(rows));
          }
        });
    table.print(out);
    out.println(
        "Every object was read back, and every table has as many rows as before. Next, give each node the master key (%s, or REGILD_MASTER_KEY), and start it with a new data directory, the database and the store. Do not start a server on %s again."
            .formatted(data.resolve("master.key"), data));
  }
}
