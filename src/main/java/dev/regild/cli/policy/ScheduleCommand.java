package dev.regild.cli.policy;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Printable;
import dev.regild.cli.terminal.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
    name = "schedule",
    description =
        "Manages schedules, which update lines of images when there is something to update.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class ScheduleCommand {
  private static final String PATH = "/regild/v1/schedules";

  @Spec CommandSpec spec = CommandSpec.create();

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** When lines are looked at, and how they are updated. */
  static final class Times {
    @Option(
        names = "--line",
        paramLabel = "LINE",
        required = true,
        description = "A line, or a pattern such as 'web-*'. Repeat it for several.")
    List<String> lines = new ArrayList<>();

    @Option(
        names = "--cron",
        paramLabel = "CRON",
        required = true,
        description = "Minute, hour, day, month and weekday: '0 2 * * *' is 02:00 every day.")
    String cron = "";

    @Option(
        names = "--zone",
        paramLabel = "ZONE",
        description = "The time zone of the cron, such as Europe/Berlin. Default: UTC.")
    @Nullable String zone;

    @Option(
        names = "--window",
        paramLabel = "DURATION",
        description = "How long after that time updates may begin, such as 3h. Default: any time.")
    @Nullable String window;

    @Option(
        names = "--at-most",
        paramLabel = "N",
        description = "How many updates run at a time. Default: 1.")
    @Nullable Integer atMost;

    @Option(
        names = "--canary",
        paramLabel = "K",
        description = "The first K updates must qualify before the others begin. Default: 0.")
    @Nullable Integer canary;

    @Option(
        names = "--disable-after",
        paramLabel = "N",
        description = "Disable the schedule after N failures in a row. Default: 3.")
    @Nullable Integer disableAfter;

    @Option(
        names = "--pattern",
        paramLabel = "PATTERN",
        description =
            "The names of new images, made of {line}, {n}, {date} and {time}. Default: {line}-{n}.")
    @Nullable String pattern;

    @Option(
        names = "--alias",
        paramLabel = "NAME",
        description = "Move this alias of the line to each new image: latest for golden/latest.")
    @Nullable String alias;
  }

  /** What has to hold for an update. */
  static final class Conditions {
    @Option(names = "--security", description = "Only if a change fixes a security problem.")
    boolean security;

    @Option(
        names = "--severity",
        paramLabel = "SEVERITY",
        description =
            "Only if it fixes a problem of this severity or worse: low, medium, high or"
                + " critical.")
    @Nullable String severity;

    @Option(
        names = "--cve",
        paramLabel = "CVE",
        description = "Only if it fixes this CVE. Repeat it for several; one of them is enough.")
    List<String> cves = new ArrayList<>();

    @Option(
        names = "--package",
        paramLabel = "PATTERN",
        description = "Only if a package of this name changes. Repeat it for several.")
    List<String> packages = new ArrayList<>();

    @Option(names = "--kernel", description = "Only if a kernel changes.")
    boolean kernel;

    @Option(names = "--agent", description = "Only if the agent changes.")
    boolean agent;

    @Option(names = "--more-than", paramLabel = "N", description = "Only with more changes than N.")
    @Nullable Integer moreThan;

    @Option(
        names = "--quiet",
        paramLabel = "DURATION",
        description = "Only if the line has had no new image for this time, such as 30d.")
    @Nullable String quiet;

    @Option(
        names = "--cooldown",
        paramLabel = "DURATION",
        description =
            "A version counts only if a snapshot has had it for this time, such as 7d, or if it"
                + " fixes a security problem.")
    @Nullable String cooldown;
  }

  @Command(
      name = "add",
      description = "Adds a schedule. All conditions must hold; without any, one change is enough.",
      mixinStandardHelpOptions = true)
  int add(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "NAME", description = "The schedule's name.") String name,
      @Mixin Times times,
      @Mixin Conditions conditions,
      @Option(
              names = "--dry-run",
              description = "Only show what it would do now and at its next five times.")
          boolean dryRun)
      throws ServerRefusalException, IOException, InterruptedException {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("name", name);
    request.put("dryRun", dryRun);
    request.put("spec", spec(times, conditions));
    JsonNode answer = connection.client().post(PATH, request);
    if (dryRun) {
      forecast(answer);
    } else {
      out()
          .printf(
              "Added %s. Its next time is %s.%n",
              name, answer.path("next").path(0).asString("never"));
    }
    return 0;
  }

  private static Map<String, Object> spec(Times times, Conditions conditions) {
    Map<String, Object> when = new LinkedHashMap<>();
    put(when, "security", conditions.security ? true : null);
    put(when, "severity", conditions.severity);
    put(when, "cves", conditions.cves.isEmpty() ? null : conditions.cves);
    put(when, "packages", conditions.packages.isEmpty() ? null : conditions.packages);
    put(when, "kernel", conditions.kernel ? true : null);
    put(when, "agent", conditions.agent ? true : null);
    put(when, "moreThan", conditions.moreThan);
    put(when, "quiet", conditions.quiet);
    Map<String, Object> spec = new LinkedHashMap<>();
    put(spec, "lines", times.lines);
    put(spec, "cron", times.cron);
    put(spec, "zone", times.zone);
    put(spec, "window", times.window);
    put(spec, "when", when.isEmpty() ? null : when);
    put(spec, "cooldown", conditions.cooldown);
    put(spec, "atMost", times.atMost);
    put(spec, "canary", times.canary);
    put(spec, "disableAfter", times.disableAfter);
    put(spec, "pattern", times.pattern);
    put(spec, "alias", times.alias);
    return spec;
  }

  private static void put(Map<String, Object> spec, String key, @Nullable Object value) {
    if (value != null) {
      spec.put(key, value);
    }
  }

  @Command(name = "list", description = "Lists the schedules.", mixinStandardHelpOptions = true)
  int list(@Mixin ServerConnection connection, @Mixin DataOutput output)
      throws ServerRefusalException, IOException, InterruptedException {
    Table table = new Table("NAME", "ENABLED", "CRON", "ZONE", "LINES", "NEXT");
    for (JsonNode schedule : connection.client().get(PATH).path("schedules")) {
      JsonNode its = schedule.path("spec");
      List<String> lines = new ArrayList<>();
      its.path("lines").forEach(line -> lines.add(line.asString("")));
      table.row(
          text(schedule, "name"),
          schedule.path("enabled").asBoolean(false) ? "yes" : "no",
          text(its, "cron"),
          text(its, "zone"),
          String.join(", ", lines),
          schedule.path("next").path(0).asString("-"));
    }
    output.print(out(), table);
    return 0;
  }

  @Command(
      name = "show",
      description = "Shows a schedule, its next times, and what its last runs did and why.",
      mixinStandardHelpOptions = true)
  int show(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "NAME", description = "The schedule's name.") String name,
      @Mixin DataOutput output)
      throws ServerRefusalException, IOException, InterruptedException {
    JsonNode schedule = connection.client().get(path(name));
    if (output.isData()) {
      output.print(out(), schedule);
      return 0;
    }
    out()
        .printf(
            "%s is %s.%n",
            text(schedule, "name"),
            schedule.path("enabled").asBoolean(false) ? "enabled" : "disabled");
    if (schedule.has("disabledBecause")) {
      out().printf("Disabled because %s%n", Printable.line(text(schedule, "disabledBecause")));
    }
    schedule
        .path("spec")
        .properties()
        .forEach(each ->
            out()
                .printf(
                    "  %s: %s%n",
                    each.getKey(),
                    each.getValue().isString() ? each.getValue().asString() : each.getValue()));
    schedule.path("next").forEach(time -> out().printf("Next: %s%n", time.asString("")));
    for (JsonNode run : schedule.path("runs")) {
      out()
          .printf(
              "%n%s %s%s%n",
              text(run, "due"),
              run.has("ended") ? "ended" : "running",
              run.has("note") ? ". " + text(run, "note") : "");
      decisions(run.path("lines"));
    }
    return 0;
  }

  @Command(name = "enable", description = "Enables a schedule.", mixinStandardHelpOptions = true)
  int enable(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "NAME", description = "The schedule's name.") String name)
      throws ServerRefusalException, IOException, InterruptedException {
    JsonNode schedule = connection.client().post(path(name) + "/enable", Map.of());
    out()
        .printf(
            "Enabled %s. Its next time is %s.%n",
            name, schedule.path("next").path(0).asString("never"));
    return 0;
  }

  @Command(
      name = "disable",
      description = "Disables a schedule. Updates that it has begun continue.",
      mixinStandardHelpOptions = true)
  int disable(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "NAME", description = "The schedule's name.") String name)
      throws ServerRefusalException, IOException, InterruptedException {
    var _ = connection.client().post(path(name) + "/disable", Map.of());
    out().printf("Disabled %s.%n", name);
    return 0;
  }

  @Command(
      name = "run",
      description = "Runs a schedule now. Its conditions must hold.",
      mixinStandardHelpOptions = true)
  int run(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "NAME", description = "The schedule's name.") String name,
      @Option(
              names = "--dry-run",
              description =
                  "Only show what it would do now and at its next five times, and why lines are"
                      + " left out.")
          boolean dryRun)
      throws ServerRefusalException, IOException, InterruptedException {
    if (dryRun) {
      forecast(connection.client().get(path(name) + "/forecast"));
    } else {
      decisions(connection.client().post(path(name) + "/run", Map.of()).path("lines"));
    }
    return 0;
  }

  @Command(
      name = "remove",
      description = "Removes a schedule and the records of its runs.",
      mixinStandardHelpOptions = true)
  int remove(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "NAME", description = "The schedule's name.") String name)
      throws ServerRefusalException, IOException, InterruptedException {
    connection.client().delete(path(name));
    out().printf("Removed %s.%n", name);
    return 0;
  }

  private void forecast(JsonNode answer) {
    if (!answer.path("enabled").asBoolean(true)) {
      out()
          .printf(
              "%s is disabled, so nothing happens at its times. Enable it: regild schedule enable %1$s%n",
              text(answer, "name"));
    }
    boolean first = true;
    for (JsonNode time : answer.path("times")) {
      out().printf("%s%s%n", first ? "Now: " : "\nAt ", text(time, "time"));
      decisions(time.path("lines"));
      first = false;
    }
  }

  private void decisions(JsonNode lines) {
    Table table = new Table("LINE", "IMAGE", "DECISION", "NEW IMAGE", "WHY");
    for (JsonNode line : lines) {
      table.row(
          text(line, "line"),
          text(line, "image"),
          word(text(line, "outcome")),
          text(line, "newImage"),
          text(line, "reason"));
    }
    table.print(out());
  }

  private static String word(String outcome) {
    return outcome.equals("WAITING")
        ? "update"
        : outcome.toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String path(String name) {
    return PATH + "/" + ApiClient.segment(name);
  }

  private static String text(JsonNode node, String member) {
    return node.path(member).asString("");
  }
}
