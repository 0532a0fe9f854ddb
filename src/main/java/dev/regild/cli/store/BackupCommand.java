package dev.regild.cli.store;

import dev.regild.cli.registry.LocalRegistry;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Progress;
import dev.regild.cli.terminal.Table;
import dev.regild.cli.terminal.Version;
import dev.regild.disk.ByteCount;
import dev.regild.server.backup.Backup;
import dev.regild.server.backup.BackupCheck;
import dev.regild.server.backup.BackupCheck.Finding;
import dev.regild.server.backup.BackupTarget;
import dev.regild.server.backup.Manifest;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.store.ObjectStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Backs up a registry beside its servers. */
@Command(
    name = "backup",
    description =
        "Backs up a server while it runs: its database, layers, disks, channels and"
            + " secrets. It does not copy again what is already there. If it is interrupted,"
            + " run it again: it continues.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Run it as the server's user, on the server's machine. The backup's secrets are encrypted"
          + " with the master key. The master key itself is not in the backup, unless you add"
          + " --with-master-key: keep a copy of DATA/master.key elsewhere, as nothing can be"
          + " restored without it."
    })
public final class BackupCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin LocalRegistry registry = new LocalRegistry();
  @Mixin BackupPlace place = new BackupPlace();
  @Mixin DataOutput output = new DataOutput();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The server's configuration file: its data directory, database and store.")
  @Nullable Path config;

  @Option(
      names = "--keep",
      paramLabel = "N",
      description = "Keep the newest N backups, and remove the others. Default: keep all.")
  @Nullable Integer keep;

  @Option(
      names = "--with-master-key",
      description =
          "Put the master key into the backup. Whoever can read the backup then has all access"
              + " keys, and can sign statements.")
  boolean masterKey;

  @ArgGroup @Nullable Instead instead;

  /** Looks at backups, and makes none. */
  static final class Instead {
    @Option(names = "--list", description = "List the backups instead.")
    boolean list;

    @Option(
        names = "--check",
        description =
            "Read all backups instead, and compare every SHA-256. Exits with 1 if anything is"
                + " damaged.")
    boolean check;
  }

  @Override
  public Integer call() throws IOException, ConfigException, InterruptedException {
    if (keep != null && keep < 1) {
      throw new ParameterException(spec.commandLine(), "--keep must be at least 1.");
    }
    Config server = StoreOptions.read(config, registry.named(spec), registry.url, null);
    Instead look = instead;
    if (look == null) {
      LocalRegistry.requireOwner(server.data());
    }
    Path scratch = look == null ? server.data() : Path.of("/var/tmp");
    try (BackupTarget target = place.open(scratch)) {
      if (look != null) {
        return look.list ? list(target) : check(target);
      }
      return backup(server, target);
    }
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private int backup(Config server, BackupTarget target) throws IOException, InterruptedException {
    Progress progress = new Progress(out(), Progress.onTerminal());
    Optional<ObjectStore> objects = server.store().map(ObjectStore::new);
    try {
      Backup.Summary made =
          new Backup(
                  server.data(),
                  server.database(),
                  objects,
                  target,
                  new Backup.Options(
                      masterKey, keep == null ? 0 : keep, new Version().getVersion()[0]),
                  progress::show,
                  Clock.systemUTC())
              .run();
      progress.done(
          "Backup %s in %s: %d files, %s, of which %s are new."
              .formatted(
                  made.backup().id(),
                  target.name(),
                  made.backup().entries().size(),
                  ByteCount.text(made.backup().bytes()),
                  ByteCount.text(made.written())));
      if (!made.removed().isEmpty()) {
        out()
            .println(
                "Removed %s, %s."
                    .formatted(String.join(", ", made.removed()), ByteCount.text(made.freed())));
      }
      out()
          .println(
              masterKey
                  ? "The master key is in it: keep it where nobody else can read it."
                  : "The master key is not in it: keep a copy of it elsewhere, as a restore needs"
                      + " it.");
      return 0;
    } finally {
      objects.ifPresent(ObjectStore::close);
    }
  }

  private int list(BackupTarget target) throws IOException, InterruptedException {
    Table table = new Table("ID", "MADE", "BY", "FILES", "SIZE", "MASTER KEY");
    for (String id : target.backups()) {
      Manifest backup = target.manifest(id);
      table.row(
          id,
          backup.made().toString(),
          backup.version(),
          String.valueOf(backup.entries().size()),
          ByteCount.text(backup.bytes()),
          backup.lacksMasterKey() ? "no" : "yes");
    }
    output.print(out(), table);
    return 0;
  }

  private int check(BackupTarget target) throws IOException, InterruptedException {
    Progress progress = new Progress(out(), Progress.onTerminal());
    List<Finding> findings =
        new BackupCheck(target, output.isData() ? (_, _) -> {} : progress::show).run();
    Table table = new Table("BACKUP", "PATH", "PROBLEM");
    findings.forEach(finding -> table.row(finding.backup(), finding.path(), finding.problem()));
    if (output.isData()) {
      output.print(out(), table);
    } else if (findings.isEmpty()) {
      progress.done("All %d backups are sound.".formatted(target.backups().size()));
    } else {
      progress.done("%d problems.".formatted(findings.size()));
      table.print(out());
    }
    return findings.isEmpty() ? 0 : 1;
  }
}
