package dev.regild.cli.policy;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.Count;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "ring",
    description = {
      "Manages rings, which give parts of the fleet different snapshots of a channel: dev follows"
          + " the repositories, prod keeps a snapshot until another one is promoted.",
      "  regild ring add debian dev",
      "  regild ring add debian prod --from dev --qualified 2",
      "  regild ring assign debian prod golden",
      "  regild ring promote debian dev prod --preview"
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class RingCommand {
  private static final String PATH = "/regild/v1/rings";

  /** The ring that a command is about. */
  static final class NamedRing {
    @Parameters(index = "0", paramLabel = "CHANNEL", description = "The channel's name.")
    String channel = "";

    @Parameters(index = "1", paramLabel = "RING", description = "The ring's name.")
    String name = "";

    private String path() {
      return RingCommand.path(channel, name);
    }
  }

  /** What has to hold before a snapshot is promoted to a ring. */
  static final class Gates {
    @Option(
        names = "--qualified",
        paramLabel = "N",
        description =
            "How many images of the other ring must have been made from a snapshot and qualified"
                + " before it is promoted. Default: 0.")
    @Nullable Integer qualified;

    @Option(
        names = "--days",
        paramLabel = "D",
        description = "How many days old a snapshot must be before it is promoted. Default: 0.")
    @Nullable Integer days;
  }

  /** A preview shows as many of a long list; with --json, all. */
  private static final int SHOWN = 20;

  @Spec CommandSpec spec = CommandSpec.create();

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  @Command(name = "list", description = "Lists the rings.", mixinStandardHelpOptions = true)
  int list(@Mixin ServerConnection connection, @Mixin DataOutput output)
      throws ServerRefusalException, IOException, InterruptedException {
    JsonNode rings = connection.client().get(PATH).path("rings");
    if (output.isData()) {
      output.print(out(), rings);
      return 0;
    }
    Table table = new Table("CHANNEL", "RING", "FROM", "SNAPSHOT", "SINCE", "YOUR LINES");
    for (JsonNode ring : rings) {
      List<String> lines = new ArrayList<>();
      ring.path("lines").forEach(line -> lines.add(text(line, "line")));
      table.row(
          text(ring, "channel"),
          text(ring, "ring"),
          ring.has("from") ? text(ring, "from") : "repositories",
          brief(text(ring, "snapshot")),
          text(ring, "since"),
          String.join(" ", lines));
    }
    table.print(out());
    return 0;
  }

  @Command(
      name = "show",
      description = "Shows a ring, your lines that follow it, and every promotion and rollback.",
      mixinStandardHelpOptions = true)
  int show(@Mixin ServerConnection connection, @Mixin NamedRing ring, @Mixin DataOutput output)
      throws ServerRefusalException, IOException, InterruptedException {
    JsonNode shown = connection.client().get(ring.path());
    if (output.isData()) {
      output.print(out(), shown);
      return 0;
    }
    Table facts = new Table("RING", text(shown, "ring"));
    facts.row("channel", text(shown, "channel"));
    facts.row("promoted from", shown.has("from") ? text(shown, "from") : "-");
    facts.row("snapshot", shown.has("snapshot") ? text(shown, "snapshot") : "none yet");
    if (shown.has("from")) {
      facts.row("since", shown.has("since") ? text(shown, "since") : "-");
      facts.row("gates", gates(shown));
    }
    for (JsonNode line : shown.path("lines")) {
      facts.row(
          "line",
          "%s, %s".formatted(text(line, "line"), Count.of(line.path("images").asInt(0), "image")));
    }
    facts.print(out());
    if (!shown.path("history").isEmpty()) {
      out().println();
      Table moves = new Table("NUMBER", "TIME", "ACT", "SNAPSHOT", "BEFORE", "BY", "OVERRIDE");
      for (JsonNode move : shown.path("history")) {
        moves.row(
            text(move, "number"),
            text(move, "moved"),
            text(move, "act").toLowerCase(Locale.ROOT),
            brief(text(move, "snapshot")),
            brief(text(move, "before")),
            text(move, "by"),
            text(move, "override"));
      }
      moves.print(out());
    }
    return 0;
  }

  @Command(name = "add", description = "Adds a ring to a channel.", mixinStandardHelpOptions = true)
  int add(
      @Mixin ServerConnection connection,
      @Mixin NamedRing ring,
      @Option(
              names = "--from",
              paramLabel = "RING",
              description =
                  "The ring whose snapshot is promoted to this one. Default: the ring follows the"
                      + " channel's repositories.")
          @Nullable String from,
      @Mixin Gates gates)
      throws ServerRefusalException, IOException, InterruptedException {
    Map<String, Object> body = body(from, gates);
    body.put("channel", ring.channel);
    body.put("ring", ring.name);
    var _ = connection.client().post(PATH, body);
    out()
        .println(
            from == null
                ? "The ring %s of the channel %s follows the repositories."
                    .formatted(ring.name, ring.channel)
                : "The ring %2$s has no snapshot yet. Promote one: regild ring promote %1$s %3$s %2$s"
                    .formatted(ring.channel, ring.name, from));
    return 0;
  }

  private static String gates(JsonNode ring) {
    return "%s qualified, %s old"
        .formatted(
            Count.of(ring.path("leastQualified").asInt(0), "image"),
            Count.of(ring.path("leastDays").asInt(0), "day"));
  }

  private static Map<String, Object> body(@Nullable String from, Gates gates) {
    Map<String, Object> body = new HashMap<>();
    if (from != null) {
      body.put("from", from);
    }
    if (gates.qualified != null) {
      body.put("leastQualified", gates.qualified);
    }
    if (gates.days != null) {
      body.put("leastDays", gates.days);
    }
    return body;
  }

  @Command(
      name = "set",
      description = "Changes the source or the gates of a ring.",
      mixinStandardHelpOptions = true)
  int set(
      @Mixin ServerConnection connection,
      @Mixin NamedRing ring,
      @Option(
              names = "--from",
              paramLabel = "RING",
              description = "The ring whose snapshot is promoted to this one.")
          @Nullable String from,
      @Mixin Gates gates)
      throws ServerRefusalException, IOException, InterruptedException {
    Map<String, Object> body = body(from, gates);
    if (body.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "Name what to change: --from, --qualified or --days.");
    }
    JsonNode changed = connection.client().post(ring.path(), body);
    out()
        .println(
            changed.has("from")
                ? "%s is promoted from %s: %s."
                    .formatted(ring.name, text(changed, "from"), gates(changed))
                : "%s follows the repositories and has no gates.".formatted(ring.name));
    return 0;
  }

  @Command(
      name = "remove",
      description = "Removes a ring that no line follows. Its history stays.",
      mixinStandardHelpOptions = true)
  int remove(@Mixin ServerConnection connection, @Mixin NamedRing ring)
      throws ServerRefusalException, IOException, InterruptedException {
    connection.client().delete(ring.path());
    out().printf("The ring %s of the channel %s was removed.%n", ring.name, ring.channel);
    return 0;
  }

  @Command(
      name = "assign",
      description = "Makes the images of a line follow a ring.",
      mixinStandardHelpOptions = true)
  int assign(
      @Mixin ServerConnection connection,
      @Mixin NamedRing ring,
      @Parameters(index = "2", paramLabel = "LINE", description = "The line's name.") String line)
      throws ServerRefusalException, IOException, InterruptedException {
    var _ = connection.client().post(ring.path() + "/lines", Map.of("line", line));
    out().printf("The images of %s follow the ring %s of %s.%n", line, ring.name, ring.channel);
    return 0;
  }

  @Command(
      name = "unassign",
      description = "Makes the images of a line follow the channel's repositories again.",
      mixinStandardHelpOptions = true)
  int unassign(
      @Mixin ServerConnection connection,
      @Mixin NamedRing ring,
      @Parameters(index = "2", paramLabel = "LINE", description = "The line's name.") String line)
      throws ServerRefusalException, IOException, InterruptedException {
    connection.client().delete(ring.path() + "/lines/" + ApiClient.segment(line));
    out().printf("The images of %s follow the repositories of %s.%n", line, ring.channel);
    return 0;
  }

  @Command(
      name = "promote",
      description = "Gives a ring the snapshot of the ring that it is promoted from.",
      mixinStandardHelpOptions = true)
  int promote(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "CHANNEL", description = "The channel's name.") String channel,
      @Parameters(paramLabel = "FROM", description = "The ring whose snapshot is promoted.")
          String from,
      @Parameters(paramLabel = "TO", description = "The ring that gets it.") String to,
      @Option(
              names = "--preview",
              description =
                  "Change nothing, and show the images that would be out of date, the changes and"
                      + " the CVEs.")
          boolean preview,
      @Option(
              names = "--override",
              paramLabel = "REASON",
              description = "Promote although a gate is closed. The history records the reason.")
          @Nullable String override,
      @Mixin DataOutput output)
      throws ServerRefusalException, IOException, InterruptedException {
    String path = path(channel, to) + "/promotion";
    if (preview) {
      JsonNode shown = connection.client().get(path + "?from=" + ApiClient.segment(from));
      if (output.isData()) {
        output.print(out(), shown);
      } else {
        print(shown);
      }
      return 0;
    }
    Map<String, Object> body = new HashMap<>(Map.of("from", from));
    if (override != null) {
      body.put("override", override);
    }
    JsonNode made = connection.client().post(path, body);
    if (output.isData()) {
      output.print(out(), made);
    } else {
      out()
          .println(
              "%s has the snapshot of %s, %s. Undo with: regild ring rollback %s %1$s"
                  .formatted(to, from, brief(text(made, "snapshot")), channel));
    }
    return 0;
  }

  @Command(
      name = "rollback",
      description = "Undoes the last promotion of a ring.",
      mixinStandardHelpOptions = true)
  int rollback(@Mixin ServerConnection connection, @Mixin NamedRing ring)
      throws ServerRefusalException, IOException, InterruptedException {
    JsonNode moved = connection.client().post(ring.path() + "/rollback", Map.of());
    out().printf("%s has the snapshot %s again.%n", ring.name, brief(text(moved, "snapshot")));
    return 0;
  }

  private void print(JsonNode shown) {
    JsonNode promotion = shown.path("promotion");
    Table facts = new Table("SNAPSHOT", brief(text(promotion, "snapshot")));
    facts.row("made", text(promotion, "made"));
    facts.row("instead of", brief(text(promotion, "before")));
    for (JsonNode gate : promotion.path("gates")) {
      facts.row(
          gate.path("open").asBoolean(false) ? "gate open" : "gate closed", text(gate, "text"));
    }
    facts.row("images", text(shown, "images"));
    facts.row("out of date now", text(shown, "outdated"));
    facts.row("out of date after", text(shown, "outdatedAfter"));
    facts.row("CVEs fixed", cves(shown));
    facts.print(out());
    if (!shown.path("becoming").isEmpty()) {
      out().println();
      Table images = new Table("BECOMES OUT OF DATE", "CHANGES");
      first(shown.path("becoming"))
          .forEach(each -> images.row(text(each, "name"), text(each, "changes")));
      images.print(out());
      rest(shown.path("becoming"), "images");
    }
    if (!shown.path("changes").isEmpty()) {
      out().println();
      Table changes = new Table("PACKAGE", "FROM", "TO", "SECURITY", "IMAGES");
      first(shown.path("changes"))
          .forEach(each ->
              changes.row(
                  text(each, "name"),
                  text(each, "from"),
                  text(each, "to"),
                  each.path("security").asBoolean(false) ? "yes" : "",
                  text(each, "images")));
      changes.print(out());
      rest(shown.path("changes"), "changes");
    }
    List<String> names = new ArrayList<>();
    first(shown.path("cves")).forEach(each -> names.add(each.asString("")));
    if (!names.isEmpty()) {
      out().println();
      out().println("CVEs: " + String.join(", ", names));
      rest(shown.path("cves"), "CVEs");
    }
  }

  private static String cves(JsonNode shown) {
    return "%d, and %d in the kernel%s"
        .formatted(
            shown.path("cves").size(),
            shown.path("kernelCves").size(),
            shown.path("unknown").isEmpty()
                ? ""
                : "; %d changelogs are not known".formatted(shown.path("unknown").size()));
  }

  private static List<JsonNode> first(JsonNode list) {
    List<JsonNode> first = new ArrayList<>();
    for (JsonNode each : list) {
      if (first.size() == SHOWN) {
        break;
      }
      first.add(each);
    }
    return first;
  }

  private void rest(JsonNode list, String what) {
    if (list.size() > SHOWN) {
      out().printf("and %d more %s; --json shows all%n", list.size() - SHOWN, what);
    }
  }

  private static String path(String channel, String ring) {
    return PATH + "/" + ApiClient.segment(channel) + "/" + ApiClient.segment(ring);
  }

  private static String text(JsonNode node, String member) {
    return node.path(member).asString("");
  }

  private static String brief(String digest) {
    return digest.length() > 12 ? digest.substring(0, 12) : digest.isEmpty() ? "-" : digest;
  }
}
