package dev.regild.cli.policy;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.Count;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import dev.regild.disk.ByteCount;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "retention",
    description = {
      "Manages retention policies, which delete the old images of a line. They keep images that an"
          + " alias, a share, the tag regild:keep or a running job holds.",
      "  regild retention set golden --keep 3 --days 30 --deprecate 14",
      "  regild retention preview golden"
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class RetentionCommand {
  private static final String PATH = "/regild/v1/retention";

  /** A preview shows as many; with --json, all. */
  private static final int SHOWN = 50;

  @Spec CommandSpec spec = CommandSpec.create();

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  @Command(
      name = "set",
      description = "Sets the retention policy of a line.",
      mixinStandardHelpOptions = true)
  int set(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "LINE", description = "The line's name.") String line,
      @Option(
              names = "--keep",
              paramLabel = "N",
              required = true,
              description = "Keep the newest N images, at least 1.")
          int keep,
      @Option(
              names = "--days",
              paramLabel = "D",
              defaultValue = "0",
              description = "Keep images that are younger than D days. Default: 0.")
          int days,
      @Option(
              names = "--deprecate",
              paramLabel = "D",
              defaultValue = "0",
              description = "Deprecate an image D days before it is deleted. Default: 0.")
          int deprecate,
      @Option(
              names = "--undo",
              paramLabel = "D",
              defaultValue = "7",
              description = "How many days a deletion can be undone. Default: 7.")
          int undo,
      @Option(
              names = "--manual",
              description =
                  "Do not carry it out automatically, but only with regild retention run.")
          boolean manual)
      throws ServerRefusalException, IOException, InterruptedException {
    Map<String, Object> body =
        Map.of(
            "keep",
            keep,
            "days",
            days,
            "deprecateDays",
            deprecate,
            "undoDays",
            undo,
            "enabled",
            !manual);
    JsonNode policy = connection.client().post(path(line), body);
    out()
        .printf(
            "%s keeps %s. See what is due: regild retention preview %1$s%n",
            text(policy, "line"), Count.of(policy.path("keep").asLong(0), "image"));
    return 0;
  }

  @Command(
      name = "show",
      description = "Lists the retention policies of your lines.",
      mixinStandardHelpOptions = true)
  int show(
      @Mixin ServerConnection connection,
      @Parameters(arity = "0..1", paramLabel = "LINE", description = "Only this line.")
          @Nullable String line,
      @Mixin DataOutput output)
      throws ServerRefusalException, IOException, InterruptedException {
    JsonNode policies = connection.client().get(PATH).path("policies");
    if (output.isData()) {
      output.print(out(), policies);
      return 0;
    }
    Table table = new Table("LINE", "KEEP", "DAYS", "DEPRECATE", "UNDO", "AUTOMATIC", "LAST RUN");
    boolean found = line == null;
    for (JsonNode policy : policies) {
      if (line == null || text(policy, "line").equals(line)) {
        found = true;
        table.row(
            text(policy, "line"),
            text(policy, "keep"),
            text(policy, "days"),
            text(policy, "deprecateDays"),
            text(policy, "undoDays"),
            policy.path("enabled").asBoolean(false) ? "yes" : "no",
            policy.has("lastRun") ? text(policy, "lastRun") : "-");
      }
    }
    if (!found) {
      throw new IOException(
          "The line %s has no retention policy. Set one: regild retention set %1$s --keep 3"
              .formatted(line));
    }
    table.print(out());
    return 0;
  }

  @Command(
      name = "remove",
      description = "Removes the retention policy of a line.",
      mixinStandardHelpOptions = true)
  int remove(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "LINE", description = "The line's name.") String line)
      throws ServerRefusalException, IOException, InterruptedException {
    connection.client().delete(path(line));
    out().printf("All images of %s are kept.%n", line);
    return 0;
  }

  @Command(
      name = "preview",
      description =
          "Shows what is due now: which images are deprecated or deleted, and the bytes that become"
              + " free. Changes nothing.",
      mixinStandardHelpOptions = true)
  int preview(
      @Mixin ServerConnection connection,
      @Parameters(arity = "0..1", paramLabel = "LINE", description = "Only this line.")
          @Nullable String line,
      @Mixin DataOutput output)
      throws ServerRefusalException, IOException, InterruptedException {
    String path =
        PATH + "/due?limit=10000" + (line == null ? "" : "&line=" + ApiClient.segment(line));
    JsonNode due = connection.client().get(path);
    if (output.isData()) {
      output.print(out(), due);
      return 0;
    }
    acts(due);
    Table kept = new Table("HELD", "LINE", "BY");
    due.path("kept")
        .forEach(each -> kept.row(text(each, "image"), text(each, "line"), text(each, "by")));
    if (!due.path("kept").isEmpty()) {
      kept.print(out());
    }
    out()
        .printf(
            "%s would be deprecated, %s deleted. That frees %s once it can't be undone.%n",
            Count.of(due.path("deprecated").asLong(0), "image"), text(due, "deleted"), bytes(due));
    if (due.path("acts").size() > 0) {
      out()
          .printf(
              "Carry out this list: regild retention run%s --plan %s%n",
              line == null ? "" : " " + line, text(due, "plan"));
    }
    return 0;
  }

  private void acts(JsonNode due) {
    if (due.path("acts").isEmpty()) {
      return;
    }
    Table table = new Table("IMAGE", "LINE", "ACT", "WHY");
    int shown = 0;
    for (JsonNode act : due.path("acts")) {
      if (shown++ == SHOWN) {
        break;
      }
      table.row(
          text(act, "image"),
          text(act, "line"),
          text(act, "act").toLowerCase(Locale.ROOT),
          text(act, "why"));
    }
    table.print(out());
    long all =
        due.path("deprecated").asLong(0)
            + due.path("undeprecated").asLong(0)
            + due.path("deleted").asLong(0);
    if (all > SHOWN) {
      out().printf("and %s more; --json shows them%n", Count.of(all - SHOWN, "image"));
    }
  }

  @Command(
      name = "run",
      description = "Carries out what is due now, even for a policy that was set with --manual.",
      mixinStandardHelpOptions = true)
  int run(
      @Mixin ServerConnection connection,
      @Parameters(arity = "0..1", paramLabel = "LINE", description = "Only this line.")
          @Nullable String line,
      @Option(
              names = "--plan",
              paramLabel = "PLAN",
              description =
                  "The plan of a preview. If the list has changed since then, do nothing.")
          @Nullable String plan)
      throws ServerRefusalException, IOException, InterruptedException {
    Map<String, Object> body = new HashMap<>();
    if (line != null) {
      body.put("line", line);
    }
    if (plan != null) {
      body.put("plan", plan);
    }
    JsonNode done = connection.client().post(PATH + "/run", body);
    acts(done);
    for (JsonNode left : done.path("left")) {
      out().printf("%s was kept: %s%n", text(left, "image"), text(left, "by"));
    }
    out()
        .printf(
            "Deprecated %s, deleted %s. Undo a deletion with: regild retention undo IMAGE%n",
            Count.of(done.path("deprecated").asLong(0), "image"), text(done, "deleted"));
    return 0;
  }

  @Command(
      name = "deleted",
      description = "Lists the images that policies have deleted and that can be restored.",
      mixinStandardHelpOptions = true)
  int deleted(@Mixin ServerConnection connection, @Mixin DataOutput output)
      throws ServerRefusalException, IOException, InterruptedException {
    Table table = new Table("IMAGE", "LINE", "DELETED", "RESTORABLE UNTIL");
    for (JsonNode image : connection.client().get(PATH + "/deleted").path("images")) {
      table.row(
          text(image, "image"),
          text(image, "line"),
          text(image, "deleted"),
          text(image, "restorableUntil"));
    }
    output.print(out(), table);
    return 0;
  }

  @Command(
      name = "undo",
      description =
          "Restores an image that a policy has deleted. It gets the tag regild:keep, so that it is"
              + " not deleted again.",
      mixinStandardHelpOptions = true)
  int undo(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "IMAGE", description = "The image's name.") String image)
      throws ServerRefusalException, IOException, InterruptedException {
    JsonNode restored =
        connection
            .client()
            .post(PATH + "/deleted/" + ApiClient.segment(image) + "/restore", Map.of());
    out().printf("%s is %s again.%n", text(restored, "image"), text(restored, "state"));
    return 0;
  }

  private static String path(String line) {
    return PATH + "/lines/" + ApiClient.segment(line);
  }

  private static String text(JsonNode node, String member) {
    return node.path(member).asString("");
  }

  private static String bytes(JsonNode due) {
    return ByteCount.text(due.path("bytes").asLong(0));
  }
}
