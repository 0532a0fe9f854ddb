package dev.regild.cli;

import dev.regild.apt.AptSource;
import dev.regild.apt.HostSources;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStatus;
import dev.regild.channel.Channels;
import dev.regild.channel.PackageSource;
import dev.regild.channel.RefreshResult;
import dev.regild.disk.ByteCount;
import dev.regild.fetch.ClientCertificate;
import dev.regild.fetch.Route;
import dev.regild.plan.PlatformType;
import dev.regild.rpm.RpmSource;
import dev.regild.windows.catalogue.CatalogueSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
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
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Works on the data directory itself; a running server sees each change at once. */
@Command(
    name = "channel",
    description = "Manages channels, the sources of updates; run it on the server's machine.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {AddUpdateCommand.class, ListUpdatesCommand.class, RemoveUpdateCommand.class},
    mixinStandardHelpOptions = true)
final class ChannelCommand {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      defaultValue = "${env:REGILD_DATA:-/var/lib/regild}",
      description = "The server's data directory. Default: REGILD_DATA, else /var/lib/regild.")
  Path data = Path.of("/var/lib/regild");

  Channels channels() throws IOException {
    if (!Files.isDirectory(data)) {
      throw new IOException(
          "No such data directory: "
              + data
              + ". Name the server's own: regild channel --data DIR …");
    }
    LocalRegistry.requireOwner(data);
    return new Channels(data, Clock.systemUTC());
  }

  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  @Command(
      name = "add",
      description = "Adds a channel and creates its first snapshot.",
      mixinStandardHelpOptions = true)
  int add(
      @Parameters(
              paramLabel = "NAME",
              description = "The channel's name: lower-case letters, digits and hyphens.")
          String name,
      @Option(
              names = "--platform",
              paramLabel = "PLATFORM",
              defaultValue = "DEBIAN_12",
              description =
                  "The platform of the images that it updates. Default: ${DEFAULT-VALUE}.")
          String platform,
      @Option(
              names = "--from-host",
              description = "Use the Debian repositories of this machine's apt configuration.")
          boolean fromHost,
      @Option(
              names = "--source",
              paramLabel = "'URI SUITE COMPONENT…'",
              description =
                  "An apt repository; may be repeated; needs --signed-by. For a repository without"
                      + " dists/ write 'URI ./', or the directory of its index in place of ./.")
          @Nullable List<String> sources,
      @Option(
              names = "--signed-by",
              paramLabel = "FILE",
              description = "The keyring of the --source repositories.")
          @Nullable Path signedBy,
      @Option(
              names = "--repo",
              paramLabel = "URL",
              description =
                  "An RPM repository, the directory that contains repodata; may be repeated."
                      + " Give its key with --key.")
          @Nullable List<String> repositories,
      @Option(
              names = "--mirrorlist",
              paramLabel = "URL",
              description = "The mirror list of an RPM repository; may be repeated.")
          @Nullable List<String> mirrorLists,
      @Option(
              names = "--metalink",
              paramLabel = "URL",
              description = "The metalink of an RPM repository; may be repeated.")
          @Nullable List<String> metalinks,
      @Option(
              names = "--key",
              paramLabel = "FILE",
              description =
                  "The key that signs repomd.xml of the RPM repositories. Without it"
                      + " they must be https or file.")
          @Nullable Path key,
      @Option(
              names = "--client-cert",
              paramLabel = "FILE",
              description =
                  "The client certificate (PEM) for the RPM repositories. It is"
                      + " copied into the data directory.")
          @Nullable Path clientCertificate,
      @Option(
              names = "--client-key",
              paramLabel = "FILE",
              description = "Its private key (PEM), not encrypted.")
          @Nullable Path clientKey,
      @Option(
              names = "--ca-cert",
              paramLabel = "FILE",
              description =
                  "The certificate authority (PEM) of the repositories' servers."
                      + " Default: the authorities that Java trusts.")
          @Nullable Path authority,
      @Option(
              names = "--proxy",
              paramLabel = "URL",
              description =
                  "The proxy for the repositories, http://host:port, or none."
                      + " Default: http_proxy, https_proxy and no_proxy of the environment.")
          @Nullable String proxy,
      @Option(
              names = "--arch",
              paramLabel = "ARCH",
              defaultValue = CatalogueSource.DEFAULT_ARCHITECTURE,
              description =
                  "The machines' architecture in a Windows channel: amd64, arm64 or x86."
                      + " Default: ${DEFAULT-VALUE}.")
          String architecture,
      @Option(
              names = "--agent",
              paramLabel = "PACKAGE",
              description = "The name of a package that belongs to the agent; may be repeated.")
          @Nullable List<String> agents,
      @Option(
              names = "--driver",
              paramLabel = "PATTERN",
              description =
                  "A pattern for driver packages, with * for any characters, or with ! in front"
                      + " to exclude packages; may be repeated. Default: kernels, headers,"
                      + " firmware, dkms, graphics.")
          @Nullable List<String> drivers,
      @Option(
              names = "--security-only",
              description = "Install only security updates and what they need.")
          boolean securityOnly,
      @Option(names = "--no-refresh", description = "Do not create a snapshot now.")
          boolean noRefresh)
      throws IOException, ChannelException, InterruptedException {
    List<PackageSource> all = new ArrayList<>();
    // With a client certificate its authority is kept, too.
    Route route = route(proxy, clientCertificate == null ? authority : null);
    if (fromHost) {
      HostSources.Found found = new HostSources().forPlatform(platform);
      found.leftOut().forEach(line -> out().println("Left out: " + Printable.text(line)));
      for (AptSource source : found.sources()) {
        String through = proxy == null ? source.route().proxy() : proxy;
        all.add(source.by(new Route(through, route.authority())));
      }
    }
    for (String source : sources == null ? List.<String>of() : sources) {
      all.add(source(source, signedBy, route));
    }
    String gpgKey = key == null ? "" : key.toAbsolutePath().toString();
    all.addAll(rpmSources(RpmSource.Locator.BASEURL, repositories, gpgKey, route));
    all.addAll(rpmSources(RpmSource.Locator.MIRRORLIST, mirrorLists, gpgKey, route));
    all.addAll(rpmSources(RpmSource.Locator.METALINK, metalinks, gpgKey, route));
    switch (PlatformType.of(platform).system()) {
      case WINDOWS -> all.add(new CatalogueSource(architecture));
      case DPKG, RPM -> {} // What is missing, the channel itself refuses.
    }
    Channel channel =
        new Channel(
            name,
            platform,
            all,
            drivers == null ? Channel.defaultDriverPackages(platform) : drivers,
            agents == null ? List.of() : agents,
            Channel.DEFAULT_REFRESH_INTERVAL,
            securityOnly);
    channels().add(channel, certificate(clientCertificate, clientKey, authority));
    out().println("Added " + name + ", in " + data.resolve("channels") + ".");
    return noRefresh ? 0 : refresh(List.of(name));
  }

  private static List<RpmSource> rpmSources(
      RpmSource.Locator locator, @Nullable List<String> uris, String gpgKey, Route route) {
    return (uris == null ? List.<String>of() : uris)
        .stream()
            .map(uri ->
                new RpmSource(locator, uri, RpmSource.hostArchitecture(), gpgKey, false, route))
            .toList();
  }

  private static Route route(@Nullable String proxy, @Nullable Path authority) {
    return new Route(
        proxy == null ? "" : proxy, authority == null ? "" : authority.toAbsolutePath().toString());
  }

  private static Optional<ClientCertificate> certificate(
      @Nullable Path certificate, @Nullable Path key, @Nullable Path authority) {
    if (certificate != null && key != null) {
      return Optional.of(new ClientCertificate(certificate, key, Optional.ofNullable(authority)));
    }
    if (certificate != null || key != null) {
      throw new IllegalArgumentException(
          "A client certificate needs both --client-cert and --client-key.");
    }
    return Optional.empty();
  }

  private static AptSource source(String text, @Nullable Path signedBy, Route route) {
    List<String> words = List.of(text.strip().split("\\s+"));
    boolean flat = words.size() == 2 && words.get(1).endsWith("/");
    if ((words.size() < 3 && !flat) || signedBy == null) {
      throw new IllegalArgumentException(
          "--source must be 'URI SUITE COMPONENT…' or 'URI ./' and needs --signed-by: " + text);
    }
    return new AptSource(
        List.of(words.get(0)),
        List.of(words.get(1)),
        words.subList(2, words.size()),
        List.of(AptSource.hostArchitecture()),
        signedBy.toAbsolutePath().toString(),
        true,
        false,
        route);
  }

  @Command(name = "list", description = "Lists the channels.", mixinStandardHelpOptions = true)
  int list(@Option(names = "--json", description = "Print the channels as JSON.") boolean json)
      throws IOException, ChannelException {
    if (json) {
      out()
          .println(
              Printable.json(JsonMapper.shared().valueToTree(channelsAsJson())).toPrettyString());
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
    return channel.securityOnly() ? "security" : "all";
  }

  private static String age(Instant then) {
    Duration age = Duration.between(then, Instant.now());
    return age.toHours() > 0 ? age.toHours() + " h ago" : age.toMinutes() + " min ago";
  }

  @Command(
      name = "show",
      description = "Shows a channel and its snapshot.",
      mixinStandardHelpOptions = true)
  int show(@Parameters(paramLabel = "NAME", description = "The channel.") String name)
      throws IOException, ChannelException {
    Channels channels = channels();
    Channel channel = channels.require(name);
    Table table = new Table("NAME", channel.name());
    table.row("platform", channel.platform());
    table.row("updates", updates(channel));
    for (PackageSource source : channel.sources()) {
      table.row("source", text(source));
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
    table.print(out());
    return 0;
  }

  private static String text(PackageSource source) {
    return switch (source) {
      case AptSource apt ->
          String.join(" ", apt.uris())
              + "  "
              + String.join(" ", apt.suites())
              + "  "
              + String.join(" ", apt.components());
      case CatalogueSource catalogue ->
          "catalogue for " + catalogue.architecture() + "; see: regild channel list-updates";
      case RpmSource rpm -> rpm.locator().key() + " " + rpm.uri();
      default -> throw new IllegalStateException("unknown source " + source);
    };
  }

  private static <T> void row(
      Table table, String name, Optional<T> value, Function<T, String> text) {
    value.ifPresent(v -> table.row(name, text.apply(v)));
  }

  @Command(
      name = "refresh",
      description =
          "Creates a new snapshot if the repositories have changed, for every channel if none is"
              + " named.",
      mixinStandardHelpOptions = true)
  int refresh(
      @Parameters(arity = "0..*", paramLabel = "NAME", description = "The channels.")
          @Nullable List<String> names)
      throws IOException, ChannelException, InterruptedException {
    Channels channels = channels();
    List<String> wanted =
        names == null || names.isEmpty()
            ? channels.list().stream().map(Channel::name).collect(Collectors.toList())
            : names;
    for (String name : wanted) {
      RefreshResult result = channels.refresh(channels.require(name).name());
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
          "Removes a channel with its catalogue's packages and its client certificate; images"
              + " are not affected.",
      mixinStandardHelpOptions = true)
  int remove(@Parameters(paramLabel = "NAME", description = "The channel.") String name)
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
}
