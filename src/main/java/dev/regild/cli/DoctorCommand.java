package dev.regild.cli;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStatus;
import dev.regild.channel.Channels;
import dev.regild.cli.protection.Finding;
import dev.regild.cli.protection.HostProtections;
import dev.regild.disk.ByteCount;
import dev.regild.machine.AcceleratorProbe;
import dev.regild.machine.ProgramException;
import dev.regild.plan.PlatformType;
import dev.regild.server.Config;
import dev.regild.server.ConfigException;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.Protections;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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
import picocli.CommandLine.Spec;

@Command(
    name = "doctor",
    description =
        "Checks what this machine needs to run a server: tools, accelerator, space, channels; tests"
            + " which protections it offers; or starts a Windows image on it, installs nothing, and"
            + " asks it what an update asks.",
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
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

  @ArgGroup(exclusive = false)
  @Nullable TryWindows tryWindows;

  private final List<String> problems = new ArrayList<>();

  @Override
  public Integer call()
      throws IOException, ConfigException, ProgramException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    if (tryWindows != null) {
      return tryWindows.run(registry, out) ? 0 : 1;
    }
    Table table = new Table("WHAT", "STATE", "DETAIL");
    HostTools tools = HostTools.look();
    tools(table, tools);
    accelerator(table);
    freeSpace(table);
    channels(table);
    platforms(table, tools);
    Table protections = protections();
    table.print(out);
    out.println();
    protections.print(out);
    problems.forEach(problem -> out.println("! " + problem));
    return problems.isEmpty() ? 0 : 1;
  }

  private Table protections() throws ConfigException, IOException, InterruptedException {
    Config read =
        Config.read(
            Optional.ofNullable(config), System.getenv(), Map.of("data", registry.data.toString()));
    Table table = new Table("PROTECTION", "STATE", "DETAIL");
    for (Finding finding : HostProtections.look(registry.data, read)) {
      if (finding.isProblem()) {
        problem(table, finding.what(), finding.detail());
      } else {
        table.row(finding.what(), finding.word(), finding.detail());
      }
    }
    namespace(table);
    return table;
  }

  private void problem(Table table, String what, String detail) {
    table.row(what, "PROBLEM", "see below");
    problems.add(what + ": " + detail);
  }

  private void tools(Table table, HostTools tools) {
    for (HostTools.Finding finding : tools.findings()) {
      table.row(finding.what(), finding.cells().getFirst(), finding.cells().getLast());
      if (finding.isProblem()) {
        problems.add(finding.what() + ": " + finding.trouble());
      }
    }
  }

  private void accelerator(Table table) throws IOException, InterruptedException {
    if (registry.isOurs()) {
      accelerator(table, registry.data);
    } else {
      try (ThrowAwayDirectory directory = ThrowAwayDirectory.make("regild-doctor-")) {
        accelerator(table, directory.path());
      }
    }
  }

  private void accelerator(Table table, Path directory) throws InterruptedException {
    try {
      AcceleratorProbe.Verdict verdict =
          new AcceleratorProbe(directory.resolve("accelerator")).verdict();
      table.row("accelerator", verdict.accelerator().name(), verdict.reason());
    } catch (ProgramException e) {
      problem(table, "accelerator", String.valueOf(e.getMessage()));
    }
  }

  /** Of no matter for an isolation that is not chosen, so what is missing is no problem here. */
  private static void namespace(Table table) throws IOException {
    try (ThrowAwayDirectory directory = ThrowAwayDirectory.make("regild-doctor-")) {
      Protections protections = Protections.ofThisHost(directory.path());
      protections.held().forEach(held -> table.row("isolation namespace", "ok", held));
      protections.missing().forEach(not -> table.row("isolation namespace", "missing", not));
    } catch (GuestException e) {
      table.row("isolation namespace", "no", String.valueOf(e.getMessage()));
    }
  }

  private void freeSpace(Table table) {
    try {
      if (!Files.isDirectory(registry.data)) {
        table.row(
            "data directory", "absent", registry.data + " is created when the server first starts");
        return;
      }
      FileStore store = Files.getFileStore(registry.data);
      long free = store.getUsableSpace();
      if (free < LEAST_FREE_BYTES) {
        problem(
            table,
            "free space",
            ByteCount.text(free) + " in " + registry.data + "; free at least 5 GiB");
      } else {
        table.row("free space", "ok", ByteCount.text(free) + " in " + registry.data);
      }
    } catch (IOException e) {
      problem(table, "free space", registry.data + " can't be read: " + e.getMessage());
    }
  }

  private void channels(Table table) {
    if (!registry.isOurs()) {
      return;
    }
    try {
      Channels channels = new Channels(registry.data, Clock.systemUTC());
      List<ChannelStatus> all = channels.status();
      if (all.isEmpty()) {
        problem(
            table,
            "channels",
            "no channel, so nothing can be updated; add one: regild channel add debian-12 --from-host");
      }
      for (ChannelStatus status : all) {
        if (status.channel().isPresent()) {
          channel(table, status.channel(), status);
        } else {
          problem(table, "channel " + status.name(), status.error().orElse(""));
        }
      }
    } catch (IOException | ChannelException e) {
      problem(table, "channels", String.valueOf(e.getMessage()));
    }
  }

  /** Whether this host can service the images of each platform. */
  private void platforms(Table table, HostTools tools) {
    List<Channel> channels = readableChannels();
    for (PlatformType type : PlatformType.values()) {
      List<String> missing =
          switch (type.system()) {
            case DPKG, RPM -> List.of();
            case WINDOWS -> tools.missingForWindows();
          };
      String what = "platform " + type.example();
      if (!tools.areComplete()) {
        table.row(what, "no", "this machine lacks the following");
      } else if (!missing.isEmpty()) {
        table.row(what, "no", "apt-get install " + String.join(" ", missing));
      } else {
        table.row(what, "ok", channelOf(type, channels));
      }
    }
  }

  private List<Channel> readableChannels() {
    try {
      return registry.isOurs() ? new Channels(registry.data, Clock.systemUTC()).list() : List.of();
    } catch (IOException | ChannelException e) {
      // It is among the problems already.
      return List.of();
    }
  }

  private static String channelOf(PlatformType type, List<Channel> channels) {
    return channels.stream()
        .filter(channel -> PlatformType.of(channel.platform()) == type)
        .map(channel -> "channel " + channel.name())
        .findFirst()
        .orElse("no channel; add one: regild channel add NAME --platform " + type.example());
  }

  private void channel(Table table, Optional<Channel> channel, ChannelStatus status) {
    String what = "channel " + status.name();
    Duration interval =
        channel.map(Channel::refreshInterval).orElse(Channel.DEFAULT_REFRESH_INTERVAL);
    if (status.checkedAt().isEmpty()) {
      problem(
          table,
          what,
          "never refreshed; "
              + status.error().orElse("run: regild channel refresh " + status.name()));
      return;
    }
    Duration age = Duration.between(status.checkedAt().get(), Instant.now());
    if (age.compareTo(interval.multipliedBy(REFRESHES_MISSED)) > 0) {
      problem(
          table,
          what,
          "last checked "
              + age.toHours()
              + " h ago; "
              + status.error().orElse("is the server running?"));
    } else {
      table.row(what, "ok", "checked " + age.toMinutes() + " min ago");
    }
  }
}
