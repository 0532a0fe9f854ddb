package dev.regild.cli.doctor;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStatus;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.cli.registry.LocalRegistry;
import dev.regild.cli.store.StoreOptions;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.disk.ByteCount;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.Transport;
import dev.regild.files.FileTree;
import dev.regild.machine.AcceleratorProbe;
import dev.regild.machine.ProgramException;
import dev.regild.plan.PlatformType;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.server.protection.Finding;
import dev.regild.server.protection.HostProtections;
import dev.regild.server.protection.HostTools;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.Protections;
import dev.regild.store.ObjectStore;
import dev.regild.store.StoreSettings;
import dev.regild.store.StoreTrial;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
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
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@Command(
    name = "doctor",
    description =
        "Checks whether this machine can run a server: tools, accelerator, disk space, channels and"
            + " protections; with a PostgreSQL database, that and its nodes. With --try-windows,"
            + " starts a Windows image on it instead.",
    mixinStandardHelpOptions = true)
public final class DoctorCommand implements Callable<Integer> {
  private static final long LEAST_FREE_BYTES = 5L << 30;

  /** A snapshot that has missed this many refreshes in a row is a problem. */
  private static final int REFRESHES_MISSED = 3;

  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin LocalRegistry registry = new LocalRegistry();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "The server's configuration file; doctor checks its address and authentication.")
  @Nullable Path config;

  @Mixin DataOutput output = new DataOutput();

  @Option(
      names = "--store",
      arity = "0..1",
      fallbackValue = "",
      paramLabel = "s3://BUCKET/PREFIX",
      description =
          "Test only the S3 store (docs/store.md), with real calls: the configured"
              + " store, or the one given here.")
  @Nullable String store;

  @ArgGroup(exclusive = false)
  @Nullable TryWindows tryWindows;

  @Override
  public Integer call()
      throws IOException, ConfigException, ProgramException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    if (tryWindows != null) {
      if (output.isData()) {
        throw new ParameterException(
            spec.commandLine(),
            "--json does not go with --try-windows, which writes its own report.");
      }
      Config server = StoreOptions.read(config, registry.named(spec), registry.url, store);
      return tryWindows.run(registry, server.store(), out) ? 0 : 1;
    }
    if (store != null) {
      return store(
          StoreOptions.store(StoreOptions.read(config, registry.named(spec), registry.url, store)),
          out);
    }
    Checkup machine = new Checkup("WHAT");
    HostTools tools = HostTools.look();
    tools(machine, tools);
    accelerator(machine);
    freeSpace(machine);
    new OwnDatabaseCheck(registry.data.resolve("regild.db")).run(machine);
    new SharedDatabaseCheck(
            StoreOptions.read(config, registry.named(spec), registry.url, null).database())
        .run(machine);
    channels(machine);
    platforms(machine, tools);
    Checkup protections = protections();
    boolean healthy = !machine.hasProblems() && !protections.hasProblems();
    if (output.isData()) {
      ObjectNode report = JsonNodeFactory.instance.objectNode();
      report.put("healthy", healthy);
      report.set("machine", machine.json());
      report.set("protections", protections.json());
      output.print(out, report);
    } else {
      machine.print(out);
      out.println();
      protections.print(out);
      machine.printProblems(out);
      protections.printProblems(out);
    }
    return healthy ? 0 : 1;
  }

  private int store(StoreSettings settings, PrintWriter out)
      throws IOException, InterruptedException {
    Checkup checks = new Checkup("THE STORE CAN");
    Path directory = Files.createTempDirectory("regild-doctor-");
    try (ObjectStore objects = new ObjectStore(settings)) {
      for (StoreTrial.Outcome outcome : new StoreTrial(objects, directory).run()) {
        if (outcome.isProblem()) {
          checks.problem(outcome.what(), outcome.problem());
        } else {
          checks.found(outcome.what(), "ok", settings.location().toString());
        }
      }
    } finally {
      FileTree.remove(directory);
    }
    if (output.isData()) {
      ObjectNode report = JsonNodeFactory.instance.objectNode();
      report.put("healthy", !checks.hasProblems());
      report.set("store", checks.json());
      output.print(out, report);
    } else {
      checks.print(out);
      checks.printProblems(out);
    }
    return checks.hasProblems() ? 1 : 0;
  }

  private Checkup protections() throws ConfigException, IOException, InterruptedException {
    Config read =
        Config.read(
            Optional.ofNullable(config), System.getenv(), Map.of("data", registry.data.toString()));
    Checkup checks = new Checkup("PROTECTION");
    for (Finding finding : HostProtections.look(registry.data, read)) {
      if (finding.isProblem()) {
        checks.problem(finding.what(), finding.detail());
      } else {
        checks.found(finding.what(), finding.word(), finding.detail());
      }
    }
    namespace(checks);
    return checks;
  }

  private void tools(Checkup checks, HostTools tools) {
    for (HostTools.Finding finding : tools.findings()) {
      if (finding.isProblem()) {
        checks.problem(finding.what(), finding.trouble());
      } else {
        checks.found(finding.what(), finding.cells().getFirst(), finding.cells().getLast());
      }
    }
  }

  private void accelerator(Checkup checks) throws IOException, InterruptedException {
    if (registry.isOurs()) {
      accelerator(checks, registry.data);
    } else {
      try (ThrowAwayDirectory directory = ThrowAwayDirectory.make("regild-doctor-")) {
        accelerator(checks, directory.path());
      }
    }
  }

  private void accelerator(Checkup checks, Path directory) throws InterruptedException {
    try {
      AcceleratorProbe.Verdict verdict =
          new AcceleratorProbe(directory.resolve("accelerator")).verdict();
      checks.found("accelerator", verdict.accelerator().name(), verdict.reason());
    } catch (ProgramException e) {
      checks.problem("accelerator", String.valueOf(e.getMessage()));
    }
  }

  /** What an isolation that is not chosen lacks is not a problem. */
  private static void namespace(Checkup checks) throws IOException {
    try (ThrowAwayDirectory directory = ThrowAwayDirectory.make("regild-doctor-")) {
      Protections protections = Protections.ofThisHost(directory.path());
      protections.held().forEach(held -> checks.found("isolation namespace", "ok", held));
      protections.missing().forEach(not -> checks.found("isolation namespace", "missing", not));
    } catch (GuestException e) {
      checks.found("isolation namespace", "no", String.valueOf(e.getMessage()));
    }
  }

  private void freeSpace(Checkup checks) {
    try {
      if (!Files.isDirectory(registry.data)) {
        checks.found(
            "data directory", "absent", registry.data + " is created when the server first starts");
        return;
      }
      FileStore store = Files.getFileStore(registry.data);
      long free = store.getUsableSpace();
      if (free < LEAST_FREE_BYTES) {
        checks.problem(
            "free space", ByteCount.text(free) + " in " + registry.data + "; free at least 5 GiB");
      } else {
        checks.found("free space", "ok", ByteCount.text(free) + " in " + registry.data);
      }
    } catch (IOException e) {
      checks.problem("free space", registry.data + " can't be read: " + e.getMessage());
    }
  }

  private void channels(Checkup checks) {
    if (!registry.isOurs()) {
      return;
    }
    try {
      ChannelStore channels = new ChannelStore(registry.data, Clock.systemUTC());
      List<ChannelStatus> all = channels.status();
      if (all.isEmpty()) {
        checks.problem(
            "channels",
            "No channel exists, so nothing can be updated. Add one: regild channel add debian-12"
                + " --from-host");
      }
      for (ChannelStatus status : all) {
        if (status.channel().isPresent()) {
          channel(checks, status.channel(), status);
          servers(checks, status.channel().get());
        } else {
          checks.problem("channel " + status.name(), status.error().orElse(""));
        }
      }
    } catch (IOException | ChannelException e) {
      checks.problem("channels", String.valueOf(e.getMessage()));
    }
  }

  private void servers(Checkup checks, Channel channel) {
    String what = "servers of " + channel.name();
    try {
      Optional<PackageSystem.Examined> examined =
          channel.system().examine(channel, Transport.in(registry.data));
      if (examined.isPresent() && examined.get().isProblem()) {
        checks.problem(what, examined.get().text());
      } else {
        examined.ifPresent(found -> checks.found(what, "ok", found.text()));
      }
    } catch (FetchException e) {
      checks.problem(what, String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether this host can service the images of each platform. */
  private void platforms(Checkup checks, HostTools tools) {
    List<Channel> channels = readableChannels();
    for (PackageSystem system : PackageSystems.installed().all()) {
      List<String> missing = tools.missingFor(system);
      system.platforms().forEach(type -> platform(checks, tools, type, missing, channels));
    }
  }

  private static void platform(
      Checkup checks,
      HostTools tools,
      PlatformType type,
      List<String> missing,
      List<Channel> channels) {
    String what = "platform " + type.example();
    if (!tools.areComplete()) {
      checks.found(what, "no", "this machine lacks the following");
    } else if (!missing.isEmpty()) {
      checks.found(what, "no", "apt-get install " + String.join(" ", missing));
    } else {
      checks.found(what, "ok", channelOf(type, channels));
    }
  }

  private List<Channel> readableChannels() {
    try {
      return registry.isOurs()
          ? new ChannelStore(registry.data, Clock.systemUTC()).list()
          : List.of();
    } catch (IOException | ChannelException e) {
      // It is among the problems already.
      return List.of();
    }
  }

  private static String channelOf(PlatformType type, List<Channel> channels) {
    return channels.stream()
        .filter(channel -> type.isNamed(channel.platform()))
        .map(channel -> "channel " + channel.name())
        .findFirst()
        .orElseGet(() -> ChannelStore.noneFor(type.example()));
  }

  private void channel(Checkup checks, Optional<Channel> channel, ChannelStatus status) {
    String what = "channel " + status.name();
    Duration interval =
        channel.map(Channel::refreshInterval).orElse(Channel.DEFAULT_REFRESH_INTERVAL);
    if (status.checkedAt().isEmpty()) {
      checks.problem(
          what,
          "never refreshed; "
              + status.error().orElse("run: regild channel refresh " + status.name()));
      return;
    }
    Duration age = Duration.between(status.checkedAt().get(), Instant.now());
    if (age.compareTo(interval.multipliedBy(REFRESHES_MISSED)) > 0) {
      checks.problem(
          what,
          "last checked "
              + age.toHours()
              + " h ago; "
              + status.error().orElse("is the server running?"));
    } else {
      checks.found(what, "ok", "checked " + age.toMinutes() + " min ago");
    }
  }
}
