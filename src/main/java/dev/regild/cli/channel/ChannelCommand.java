package dev.regild.cli.channel;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStatus;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.PackageSource;
import dev.regild.channel.RefreshOptions;
import dev.regild.channel.RefreshResult;
import dev.regild.channel.Snapshot;
import dev.regild.channel.shared.SharedChannels;
import dev.regild.cli.registry.LocalRegistry;
import dev.regild.cli.store.StoreOptions;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Printable;
import dev.regild.cli.terminal.Table;
import dev.regild.disk.ByteCount;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.Route;
import dev.regild.fetch.Transport;
import dev.regild.server.config.ConfigException;
import dev.regild.windows.catalogue.CatalogueSnapshot;
import dev.regild.windows.upstream.LeftOut;
import dev.regild.windows.upstream.ReleaseNotes;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** Works on the data directory itself; a running server sees each change at once. */
@Command(
    name = "channel",
    description =
        "Manages channels, which say where updates come from. Run it on the server's" + " machine.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      AddChannelCommand.class,
      AddPackageCommand.class,
      ListPackagesCommand.class,
      RemovePackageCommand.class
    },
    mixinStandardHelpOptions = true)
public final class ChannelCommand implements AutoCloseable {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      defaultValue = "${env:REGILD_DATA:-/var/lib/regild}",
      description = "The server's data directory. Default: REGILD_DATA, else /var/lib/regild.")
  Path data = Path.of("/var/lib/regild");

  @Option(
      names = "--config",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "The server's configuration file, for channels that are in a store.")
  @Nullable Path config;

  @Option(
      names = "--database",
      paramLabel = "URL",
      scope = ScopeType.INHERIT,
      description = "The URL of the server's PostgreSQL. Default: REGILD_DATABASE.")
  @Nullable String database;

  @Option(
      names = "--store",
      paramLabel = "s3://BUCKET/PREFIX",
      scope = ScopeType.INHERIT,
      description = "The server's store. Default: REGILD_STORE.")
  @Nullable String store;

  private @Nullable ChannelAccess access;

  ChannelStore channels() throws IOException {
    return access().channels();
  }

  private ChannelAccess access() throws IOException {
    ChannelAccess opened = access == null ? open() : access;
    access = opened;
    return opened;
  }

  private ChannelAccess open() throws IOException {
    if (!Files.isDirectory(data)) {
      throw new IOException(
          "No such data directory: "
              + data
              + ". Name the server's own: regild channel --data DIR …");
    }
    LocalRegistry.requireOwner(data);
    try {
      return ChannelAccess.open(data, StoreOptions.read(config, data, database, store));
    } catch (ConfigException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Ends the connections that the command has opened. */
  @Override
  public void close() {
    if (access != null) {
      access.close();
      access = null;
    }
  }

  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  @Command(name = "list", description = "Lists the channels.", mixinStandardHelpOptions = true)
  int list(@Mixin DataOutput output) throws IOException, ChannelException {
    if (output.isData()) {
      output.print(out(), channelsAsJson());
      return 0;
    }
    Table table = new Table("NAME", "PLATFORM", "UPDATES", "SNAPSHOT", "CHECKED", "LAST ERROR");
    for (ChannelStatus status : channels().status()) {
      Optional<Channel> channel = status.channel();
      table.row(
          status.name(),
          channel.map(Channel::platform).orElse("?"),
          channel.map(ChannelCommand::updates).orElse("?"),
          status
              .digest()
              .map(digest -> digest.substring(0, Math.min(12, digest.length())))
              .orElse("-"),
          status.checkedAt().map(ChannelCommand::age).orElse("never"),
          status.error().orElse("-"));
    }
    table.print(out());
    return 0;
  }

  private List<Map<String, Object>> channelsAsJson() throws IOException, ChannelException {
    List<Map<String, Object>> all = new ArrayList<>();
    for (ChannelStatus status : channels().status()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("name", status.name());
      status
          .channel()
          .ifPresent(channel -> {
            json.put("platform", channel.platform());
            json.put("updates", updates(channel));
          });
      status.digest().ifPresent(digest -> json.put("snapshot", digest));
      status.snapshotAt().ifPresent(at -> json.put("snapshotAt", at.toString()));
      status.checkedAt().ifPresent(at -> json.put("checkedAt", at.toString()));
      status.error().ifPresent(error -> json.put("error", error));
      json.put("notices", status.notices());
      all.add(json);
    }
    return all;
  }

  private static String updates(Channel channel) {
    String updates = channel.securityOnly() ? "security" : "all";
    return channel.sources().stream().anyMatch(PackageSource::isInsecure)
        ? updates + ", insecure http"
        : updates;
  }

  private static String age(Instant then) {
    Duration age = Duration.between(then, Instant.now());
    return age.toHours() > 0 ? age.toHours() + " h ago" : age.toMinutes() + " min ago";
  }

  @Command(
      name = "show",
      description = "Shows a channel and its snapshot.",
      mixinStandardHelpOptions = true)
  int show(
      @Parameters(paramLabel = "NAME", description = "The channel's name.") String name,
      @Option(
              names = "--cross-check",
              description =
                  "For a Windows channel: download Microsoft's release notes (learn.microsoft.com),"
                      + " and compare the channel's newest builds with them.")
          boolean crossCheck,
      @Mixin DataOutput output)
      throws IOException, ChannelException, FetchException, InterruptedException {
    ChannelStore channels = channels();
    Channel channel = channels.require(name);
    Table table = new Table("NAME", channel.name());
    table.row("platform", channel.platform());
    table.row("updates", updates(channel));
    for (PackageSource source : channel.sources()) {
      table.row("source", source.text());
    }
    table.row("drivers", String.join(" ", channel.driverPackages()));
    table.row("agent", String.join(" ", channel.agentPackages()));
    table.row("refreshed every", channel.refreshInterval().toString());
    Optional<ChannelStatus> status =
        channels.status().stream().filter(s -> s.name().equals(name)).findFirst();
    row(table, "snapshot", status.flatMap(ChannelStatus::digest), Function.identity());
    row(table, "made", status.flatMap(ChannelStatus::snapshotAt), Instant::toString);
    row(table, "checked", status.flatMap(ChannelStatus::checkedAt), Instant::toString);
    row(table, "last error", status.flatMap(ChannelStatus::error), Function.identity());
    for (String notice : status.map(ChannelStatus::notices).orElse(List.of())) {
      table.row("notice", notice);
    }
    Optional<Snapshot> snapshot = channels.current(name);
    if (snapshot.isPresent() && snapshot.get() instanceof CatalogueSnapshot windows) {
      OfferedTable offered = new OfferedTable(windows.offered(), LeftOut.of(channels, channel));
      List<String> compared =
          crossCheck
              ? new ReleaseNotes(channel.platform(), Transport.in(data).by(route(channel)))
                  .compare(windows.newestBuilds())
              : List.of();
      if (output.isData()) {
        offered.leftOut().forEach(line -> table.row("not offered", line));
        compared.forEach(line -> table.row("release notes", line));
      }
      output.printFacts(out(), table, "offered", offered.table());
      if (!output.isData()) {
        offered.printLeftOut(out());
      }
      if (crossCheck && !output.isData()) {
        out().println();
        compared.forEach(line -> out().println(Printable.text(line) + "."));
      }
    } else if (crossCheck) {
      throw new IllegalArgumentException("--cross-check needs a Windows channel with a snapshot.");
    } else {
      output.printFacts(out(), table);
    }
    return 0;
  }

  /** By the same proxy; Microsoft's pages are not served by a WSUS. */
  private static Route route(Channel channel) {
    return new Route(channel.sources().getFirst().route().proxy(), "");
  }

  private static <T> void row(
      Table table, String name, Optional<T> value, Function<T, String> text) {
    value.ifPresent(v -> table.row(name, text.apply(v)));
  }

  @Command(
      name = "refresh",
      description = "Creates a new snapshot of each channel whose repositories have changed.",
      mixinStandardHelpOptions = true)
  int refresh(
      @Parameters(
              arity = "0..*",
              paramLabel = "NAME",
              description = "The names of the channels. Default: all.")
          @Nullable List<String> names,
      @Option(
              names = "--progress",
              description = "Print the progress of a refresh that reads many documents.")
          boolean progress,
      @Option(
              names = "--record",
              paramLabel = "DIR",
              description =
                  "Write the requests and answers of a Windows channel's update server to this new"
                      + " directory, without cookies. Name one channel.")
          @Nullable Path recording)
      throws IOException, ChannelException, InterruptedException {
    if (recording != null && (names == null || names.size() != 1)) {
      throw new IllegalArgumentException("--record needs the name of one channel.");
    }
    return refresh(
        names,
        new RefreshOptions(
            progress ? new RefreshLines(out())::show : _ -> {}, Optional.ofNullable(recording)));
  }

  /** Refreshes a channel and says nothing of it. */
  RefreshResult refreshed(String name, RefreshOptions options)
      throws IOException, ChannelException, InterruptedException {
    return access().refresh(name, options.onProgress(), options.recording());
  }

  int refresh(@Nullable List<String> names, RefreshOptions options)
      throws IOException, ChannelException, InterruptedException {
    ChannelStore channels = channels();
    List<String> wanted =
        names == null || names.isEmpty()
            ? channels.list().stream().map(Channel::name).collect(Collectors.toList())
            : names;
    for (String name : wanted) {
      RefreshResult result = refreshed(channels.require(name).name(), options);
      switch (result) {
        case RefreshResult.Unchanged same ->
            out().println(name + " is unchanged (" + same.digest() + ").");
        case RefreshResult.NewSnapshot made ->
            out()
                .println(
                    name
                        + " has a new snapshot of "
                        + made.packages()
                        + " packages ("
                        + made.digest()
                        + "); "
                        + ByteCount.text(made.downloadedBytes())
                        + " downloaded.");
      }
      result.notices().forEach(notice -> out().println("  " + Printable.text(notice) + "."));
    }
    return 0;
  }

  @Command(
      name = "remove",
      description =
          "Removes a channel, its catalogue's packages and its client certificate. Images"
              + " are not affected.",
      mixinStandardHelpOptions = true)
  int remove(@Parameters(paramLabel = "NAME", description = "The channel's name.") String name)
      throws IOException, ChannelException, InterruptedException {
    channels().remove(name);
    out()
        .println(
            "Removed "
                + name
                + "; its catalogue's packages and its client certificate, if any, were removed"
                + " too.");
    return 0;
  }

  @Command(
      name = "credentials",
      description =
          "Replaces auth.conf, the credentials of repositories, on all nodes that share a store."
              + " Without a store, edit DIR/auth.conf.",
      mixinStandardHelpOptions = true)
  int credentials(@Parameters(paramLabel = "FILE", description = "The new auth.conf.") Path file)
      throws IOException, InterruptedException {
    SharedChannels shared =
        access()
            .shared()
            .orElseThrow(() ->
                new IOException(
                    "The channels of %s are in no store. Edit %s instead."
                        .formatted(data, data.resolve("auth.conf"))));
    shared.writeCredentials(Files.readString(file));
    out().println("Replaced the credentials of repositories on all nodes.");
    return 0;
  }
}
