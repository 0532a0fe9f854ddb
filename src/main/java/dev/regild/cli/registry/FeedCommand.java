package dev.regild.cli.registry;

import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import dev.regild.cli.terminal.Times;
import dev.regild.db.Database;
import dev.regild.feed.Feed;
import dev.regild.feed.FeedException;
import dev.regild.feed.FeedKind;
import dev.regild.feed.FeedResult;
import dev.regild.feed.FeedSnapshot;
import dev.regild.feed.FeedStatus;
import dev.regild.feed.FeedStore;
import dev.regild.fetch.Route;
import dev.regild.update.verdict.ImagePlatforms;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Works on the registry itself; a running server sees each change within seconds. */
@Command(
    name = "feed",
    description = "Manages feeds, which say which CVEs are open. Run it on the server's machine.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class FeedCommand {
  private static final Pattern INTERVAL = Pattern.compile("(\\d{1,6})([smhd])");

  @Spec CommandSpec spec = CommandSpec.create();

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private static FeedStore feeds(Database database, LocalRegistry registry) throws IOException {
    return new FeedStore(database, registry.data, Clock.systemUTC());
  }

  @Command(name = "list", description = "Lists the feeds.", mixinStandardHelpOptions = true)
  int list(@Mixin LocalRegistry registry, @Mixin DataOutput output) throws IOException {
    Table table = new Table("NAME", "KIND", "SNAPSHOT", "ENTRIES", "CHECKED", "LAST ERROR");
    try (Database database = registry.openDatabase()) {
      for (FeedStatus each : feeds(database, registry).status()) {
        table.row(
            each.feed().name(),
            each.feed().kind().word(),
            each.snapshot().map(digest -> shortened(digest, each.held())).orElse("-"),
            String.valueOf(each.issues().values().stream().mapToInt(Integer::intValue).sum()),
            each.checkedAt().map(FeedCommand::age).orElse("never"),
            each.error().orElse("-"));
      }
    }
    output.print(out(), table);
    return 0;
  }

  private static String shortened(String digest, boolean held) {
    return digest.substring(0, 12) + (held ? " (held)" : "");
  }

  private static String age(Instant then) {
    Duration age = Duration.between(then, Instant.now());
    return age.toHours() > 0 ? age.toHours() + " h ago" : age.toMinutes() + " min ago";
  }

  @Command(
      name = "show",
      description = "Shows a feed, how it was verified, and what it knows.",
      mixinStandardHelpOptions = true)
  int show(
      @Mixin LocalRegistry registry,
      @Mixin DataOutput output,
      @Parameters(paramLabel = "NAME", description = "The feed's name.") String name)
      throws IOException, FeedException {
    try (Database database = registry.openDatabase()) {
      FeedStatus status = feeds(database, registry).require(name);
      Feed feed = status.feed();
      Table table = new Table("NAME", feed.name());
      table.row("kind", feed.kind().word());
      table.row("address", feed.uri());
      row(table, "SHA-256", feed.sha256());
      row(table, "keyring", feed.signedBy());
      row(table, "signature", feed.signedBy().isEmpty() ? "" : feed.signatureUri().toString());
      row(table, "proxy", feed.route().proxy());
      row(table, "authority", feed.route().authority());
      table.row("refreshed every", Times.interval(feed.refreshInterval()));
      row(table, "snapshot", status.snapshot().orElse("") + (status.held() ? " (held)" : ""));
      row(table, "made", status.snapshotAt().map(Instant::toString).orElse(""));
      row(table, "verified by", status.verified().orElse(""));
      row(table, "checked", status.checkedAt().map(Instant::toString).orElse(""));
      row(table, "last error", status.error().orElse(""));
      for (Map.Entry<String, Integer> each : status.issues().entrySet()) {
        table.row(
            each.getKey().isEmpty() ? "all platforms" : each.getKey(),
            each.getValue() + " entries");
      }
      output.printFacts(out(), table, "snapshots", snapshots(status));
    }
    return 0;
  }

  private static Table snapshots(FeedStatus status) {
    Table table = new Table("SNAPSHOT", "READ", "VERIFIED BY", "ENTRIES", "USED");
    for (FeedSnapshot each : status.snapshots()) {
      table.row(
          each.digest(),
          each.readAt().toString(),
          each.verified(),
          String.valueOf(each.issues().values().stream().mapToInt(Integer::intValue).sum()),
          status.snapshot().filter(each.digest()::equals).isPresent() ? "yes" : "");
    }
    return table;
  }

  @Command(
      name = "use",
      description =
          "Uses an earlier snapshot of a feed, until you name newest. The server continues"
              + " to read the feed.",
      mixinStandardHelpOptions = true)
  int use(
      @Mixin LocalRegistry registry,
      @Parameters(paramLabel = "NAME", description = "The feed's name.") String name,
      @Parameters(
              paramLabel = "SNAPSHOT",
              description =
                  "The beginning of its SHA-256 (regild feed show lists the snapshots), or newest.")
          String snapshot)
      throws IOException, FeedException {
    try (Database database = registry.openDatabase()) {
      FeedStore feeds = feeds(database, registry);
      if (snapshot.equals("newest")) {
        String digest = feeds.release(name).map(FeedSnapshot::digest).orElse("none was read yet");
        out().println("%s uses its newest snapshot (%s).".formatted(name, digest));
      } else {
        out()
            .println(
                "%s uses the snapshot %s. To use the newest again: regild feed use %1$s newest"
                    .formatted(name, feeds.hold(name, snapshot).digest()));
      }
    }
    return 0;
  }

  private static void row(Table table, String name, String value) {
    if (!value.isEmpty()) {
      table.row(name, value);
    }
  }

  @Command(name = "add", description = "Adds a feed and reads it.", mixinStandardHelpOptions = true)
  int add(
      @Mixin LocalRegistry registry,
      @Parameters(
              paramLabel = "NAME",
              description = "The feed's name: lower-case letters, digits and hyphens.")
          String name,
      @Option(
              names = "--kind",
              required = true,
              paramLabel = "KIND",
              description =
                  "debian-tracker, osv, csaf, msrc or kev: Debian's security tracker, records of"
                      + " osv.dev (Ubuntu, AlmaLinux, Rocky Linux …), Red Hat's CSAF/VEX,"
                      + " Microsoft's CVRF, CISA's catalogue.")
          String kind,
      @Option(
              names = "--from",
              paramLabel = "URL|FILE",
              description =
                  "The URL of the feed, or a file. Default: the publisher's, for debian-tracker"
                      + " and kev.")
          @Nullable String from,
      @Option(
              names = "--sha256",
              paramLabel = "HEX",
              defaultValue = "",
              description = "Accept only content with this SHA-256.")
          String sha256,
      @Option(
              names = "--signed-by",
              paramLabel = "FILE",
              description = "The OpenPGP keyring that verifies the feed.")
          @Nullable Path signedBy,
      @Option(
              names = "--signature",
              paramLabel = "URL|FILE",
              description = "The detached signature. Default: the feed's URL with .asc.")
          @Nullable String signature,
      @Option(
              names = "--proxy",
              paramLabel = "URL",
              defaultValue = "",
              description = "The proxy to the server, or none. Default: as the environment says.")
          String proxy,
      @Option(
              names = "--ca-cert",
              paramLabel = "FILE",
              description = "The authority (PEM) of the server's certificate. Default: Java's.")
          @Nullable Path authority,
      @Option(
              names = "--interval",
              paramLabel = "TIME",
              defaultValue = "6h",
              description = "How often to look for changes. Default: ${DEFAULT-VALUE}.")
          String interval,
      @Option(names = "--no-refresh", description = "Do not read the feed now.") boolean noRefresh)
      throws IOException, FeedException, ChannelException, InterruptedException {
    FeedKind form = FeedKind.of(kind);
    String uri =
        from == null
            ? form.usualUri()
                .orElseThrow(() ->
                    new IllegalArgumentException(
                        "Feeds of the kind %s come from several places. Name one: --from URL|FILE"
                            .formatted(kind)))
            : uri(from);
    Feed feed =
        new Feed(
            name,
            form,
            uri,
            sha256,
            absolute(signedBy),
            signature == null ? "" : uri(signature),
            new Route(proxy, absolute(authority)),
            interval(interval));
    try (Database database = registry.openDatabase()) {
      FeedStore feeds = feeds(database, registry);
      feeds.add(feed);
      out().println("Added " + name + ".");
      return noRefresh ? 0 : refresh(database, feeds, registry, List.of(name));
    }
  }

  private static String uri(String from) {
    return from.matches("[a-z]+:.*")
        ? from
        : "file://" + Path.of(from).toAbsolutePath().normalize();
  }

  private static String absolute(@Nullable Path file) {
    return file == null ? "" : file.toAbsolutePath().normalize().toString();
  }

  private static Duration interval(String text) {
    Matcher parts = INTERVAL.matcher(text);
    try {
      if (parts.matches()) {
        return Duration.parse(
            parts.group(2).equals("d")
                ? "P" + parts.group(1) + "D"
                : "PT" + parts.group(1) + parts.group(2));
      }
    } catch (DateTimeParseException e) {
      // The same remedy as for another form.
    }
    throw new IllegalArgumentException(
        "--interval is '%s'. Write a time such as 6h, 30m or 1d.".formatted(text));
  }

  @Command(
      name = "refresh",
      description = "Reads each feed that has changed.",
      mixinStandardHelpOptions = true)
  int refresh(
      @Mixin LocalRegistry registry,
      @Parameters(
              arity = "0..*",
              paramLabel = "NAME",
              description = "The names of the feeds. Default: all.")
          @Nullable List<String> names)
      throws IOException, FeedException, ChannelException, InterruptedException {
    try (Database database = registry.openDatabase()) {
      FeedStore feeds = feeds(database, registry);
      List<String> wanted =
          names == null || names.isEmpty()
              ? feeds.status().stream().map(each -> each.feed().name()).toList()
              : names;
      return refresh(database, feeds, registry, wanted);
    }
  }

  private int refresh(
      Database database, FeedStore feeds, LocalRegistry registry, List<String> names)
      throws IOException, FeedException, ChannelException, InterruptedException {
    Set<String> platforms =
        ImagePlatforms.of(database, new ChannelStore(registry.data, Clock.systemUTC()));
    for (String name : names) {
      FeedResult result = feeds.refresh(name, platforms);
      out()
          .println(
              result.changed()
                  ? "%s has a new snapshot of %d entries (%s)."
                      .formatted(name, result.issues(), result.snapshot())
                  : "%s is unchanged (%s).".formatted(name, result.snapshot()));
    }
    return 0;
  }

  @Command(
      name = "remove",
      description = "Removes a feed and its data.",
      mixinStandardHelpOptions = true)
  int remove(
      @Mixin LocalRegistry registry,
      @Parameters(paramLabel = "NAME", description = "The feed's name.") String name)
      throws IOException, FeedException {
    try (Database database = registry.openDatabase()) {
      feeds(database, registry).remove(name);
    }
    out().println("Removed " + name + ".");
    return 0;
  }
}
