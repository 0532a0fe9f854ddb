package dev.regild.cli.store;

import dev.regild.cli.registry.LocalRegistry;
import dev.regild.cli.registry.LocalRegistry.Opened;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import dev.regild.db.Database;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.store.ObjectStore;
import dev.regild.store.StoreSettings;
import dev.regild.update.store.StoreCheck;
import dev.regild.update.store.StoreCheck.Finding;
import dev.regild.update.store.StoreGarbage;
import dev.regild.update.store.StoreGarbage.Garbage;
import dev.regild.update.store.StoreOwner;
import dev.regild.update.store.StoreRepair;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Works on the registry and the store directly, beside a running server. */
@Command(
    name = "check",
    description =
        "Compares the store with the registry and lists objects that are missing, changed or"
            + " orphaned. Exits with 1 if an object is missing or changed and was not repaired.",
    mixinStandardHelpOptions = true)
final class CheckStoreCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin LocalRegistry registry = new LocalRegistry();
  @Mixin DataOutput output = new DataOutput();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The server's configuration file: its data directory, database and store.")
  @Nullable Path config;

  @Option(
      names = "--store",
      paramLabel = "s3://BUCKET/PREFIX",
      description =
          "The store. Default: REGILD_STORE, else the key store of the configuration file.")
  @Nullable String store;

  @Option(
      names = "--quick",
      description = "Compare sizes only. Default: read every object and compare its SHA-256.")
  boolean quick;

  @Option(
      names = "--repair",
      description =
          "Write missing and changed objects again from this machine's copies, and remove objects"
              + " that have been orphaned for store.grace.")
  boolean repair;

  @Override
  public Integer call() throws IOException, ConfigException, InterruptedException {
    Config server = StoreOptions.read(config, registry.named(spec), registry.url, store);
    StoreSettings settings = StoreOptions.store(server);
    try (Opened opened = LocalRegistry.open(server);
        ObjectStore objects = new ObjectStore(settings)) {
      Database database = opened.database();
      List<Finding> findings = new StoreCheck(database, objects).run(!quick);
      Set<Finding> repaired =
          repair
              ? repaired(database, objects, server.data(), settings.upkeep().grace(), findings)
              : Set.of();
      print(findings, repaired);
      return findings.stream()
              .filter(finding -> finding.problem() != StoreCheck.Problem.ORPHANED)
              .allMatch(repaired::contains)
          ? 0
          : 1;
    }
  }

  private Set<Finding> repaired(
      Database database, ObjectStore objects, Path data, Duration grace, List<Finding> findings)
      throws IOException, InterruptedException {
    StoreOwner.require(database, objects);
    StoreRepair repairs = new StoreRepair(database, objects, data);
    Set<Finding> repaired = new HashSet<>();
    for (Finding finding : findings) {
      if (repairs.repair(finding)) {
        repaired.add(finding);
      }
    }
    Set<Garbage> removed =
        Set.copyOf(new StoreGarbage(database, objects, grace).collect().removed());
    findings.stream()
        .filter(finding -> finding.problem() == StoreCheck.Problem.ORPHANED)
        .filter(finding -> removed.contains(new Garbage(finding.object(), finding.upload())))
        .forEach(repaired::add);
    return repaired;
  }

  private void print(List<Finding> findings, Set<Finding> repaired) {
    PrintWriter out = spec.commandLine().getOut();
    if (findings.isEmpty() && !output.isData()) {
      out.println("The store and the registry agree.");
      return;
    }
    Table table = new Table("OBJECT", "STATE", "DETAIL");
    for (Finding finding : findings) {
      table.row(
          finding.object(),
          repaired.contains(finding) ? "repaired" : finding.problem().name(),
          finding.detail());
    }
    output.print(out, table);
  }
}
