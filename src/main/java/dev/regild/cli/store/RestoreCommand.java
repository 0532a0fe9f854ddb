package dev.regild.cli.store;

import dev.regild.account.MasterKey;
import dev.regild.cli.terminal.Progress;
import dev.regild.disk.ByteCount;
import dev.regild.server.backup.BackupTarget;
import dev.regild.server.backup.Manifest;
import dev.regild.server.backup.Restore;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Restores a backup into a new data directory. */
@Command(
    name = "restore",
    description =
        "Restores a backup into an empty data directory, and verifies every SHA-256. If it is"
            + " interrupted, run it again: it continues.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Run it as the server's user. Then start the server on the directory, and run regild channel"
          + " refresh."
    })
public final class RestoreCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin BackupPlace place = new BackupPlace();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      required = true,
      description = "The new data directory: it does not exist, or is empty.")
  Path data = Path.of("");

  @Option(
      names = "--backup",
      paramLabel = "ID",
      description = "The backup, as regild backup --list shows it. Default: the newest.")
  @Nullable String backup;

  @Option(
      names = "--master-key",
      paramLabel = "FILE",
      description =
          "The file with the master key, if the backup does not have it. Default:"
              + " REGILD_MASTER_KEY.")
  @Nullable Path masterKey;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The new server's configuration file: its database and store.")
  @Nullable Path config;

  @Option(
      names = "--database",
      paramLabel = "URL",
      description =
          "The URL of an empty PostgreSQL database, for a backup of a registry in PostgreSQL."
              + " Default: REGILD_DATABASE.")
  @Nullable String database;

  @Option(
      names = "--store",
      paramLabel = "s3://BUCKET/PREFIX",
      description =
          "A store without objects below its prefix, for a backup with objects. Default:"
              + " REGILD_STORE.")
  @Nullable String store;

  @Override
  public Integer call() throws IOException, ConfigException, InterruptedException {
    Config server = StoreOptions.read(config, data, database, store);
    Progress progress = new Progress(spec.commandLine().getOut(), Progress.onTerminal());
    Optional<MasterKey> given = masterKey();
    try (BackupTarget source = place.open(Path.of("/var/tmp"))) {
      Optional<ObjectStore> objects = server.store().map(ObjectStore::new);
      try {
        Manifest restored =
            new Restore(source, data, given, server.database(), objects, progress::show)
                .run(Optional.ofNullable(backup));
        progress.done(
            "Restored the backup %s to %s: %d files, %s, each verified."
                .formatted(
                    restored.id(),
                    data,
                    restored.entries().size(),
                    ByteCount.text(restored.bytes())));
        keepKey(restored);
        return 0;
      } finally {
        objects.ifPresent(ObjectStore::close);
      }
    }
  }

  private Optional<MasterKey> masterKey() throws IOException {
    String variable = System.getenv(MasterKey.ENVIRONMENT_VARIABLE);
    Path file = masterKey;
    if (file != null) {
      return Optional.of(MasterKey.loadExisting(file, Optional.empty()));
    }
    return variable == null
        ? Optional.empty()
        : Optional.of(MasterKey.loadExisting(data, Optional.of(variable)));
  }

  /** The server looks for the key in its data directory. */
  private void keepKey(Manifest restored) throws IOException {
    Path file = masterKey;
    Path target = data.resolve("master.key");
    if (restored.lacksMasterKey() && file != null && Files.notExists(target)) {
      Files.copy(file, target);
      Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-------"));
    }
  }
}
