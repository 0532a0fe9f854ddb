package dev.regild.policy.schedule;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.regild.plan.Glob;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.SpecReader;
import dev.regild.policy.line.AliasName;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a schedule does.
 *
 * @param lines patterns for the names of the lines that it looks at
 * @param cron when it looks, as five fields
 * @param zone the time zone of these
 * @param window how long after that updates may begin; empty for any time
 * @param when what has to hold for an update
 * @param cooldown how long a snapshot must have had a version for it to count, unless it fixes a
 *     security problem
 * @param atMost how many of its updates run at a time
 * @param canary how many updates of a run must qualify before the others begin
 * @param disableAfter how many failures in a row disable it
 * @param pattern the names of the new images
 * @param alias the alias of each line that moves to the new image; empty for none
 */
public record ScheduleSpec(
    List<String> lines,
    String cron,
    String zone,
    Optional<Duration> window,
    Conditions when,
    Optional<Duration> cooldown,
    int atMost,
    int canary,
    int disableAfter,
    NamePattern pattern,
    Optional<String> alias) {
  private static final Duration LONGEST_WINDOW = Duration.ofDays(31);

  /** Snapshots of channels are kept for longer by default. */
  private static final Duration LONGEST_COOLDOWN = Duration.ofDays(60);

  private static final int MOST = 1000;
  private static final Cache<List<String>, ScheduleSpec> STORED =
      Caffeine.newBuilder().maximumSize(10_000).build();
  private static final int USUAL_FAILURES = 3;

  public ScheduleSpec {
    lines = List.copyOf(lines);
  }

  /**
   * Reads a spec.
   *
   * @param now from when on its cron has to fire
   * @throws InvalidPolicyException if it can't be one
   */
  public static ScheduleSpec read(String name, JsonNode json, Instant now) {
    ScheduleSpec read = read(name, json);
    CronTimes times = CronTimes.parse(read.cron(), read.zone(), now);
    read.pattern().requireDistinct(read.lines(), times, now);
    return read;
  }

  private static ScheduleSpec read(String name, JsonNode json) {
    if (!name.matches("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,100}")) {
      throw new InvalidPolicyException(
          "'%s' is not the name of a schedule. Use letters, digits, '.', '_' and '-', and begin with a letter or digit."
              .formatted(name));
    }
    SpecReader spec = SpecReader.of("Schedule " + name, json);
    List<String> lines = spec.texts("lines").stream().distinct().sorted().toList();
    if (lines.isEmpty()) {
      throw spec.error("lines", "is missing. Name at least one line, or a pattern such as '*'.");
    }
    ScheduleSpec read =
        new ScheduleSpec(
            lines,
            spec.text("cron").strip().replaceAll("\\s+", " "),
            spec.optionalText("zone").orElse("UTC"),
            spec.duration("window", LONGEST_WINDOW),
            Conditions.read(spec.within("when")),
            spec.duration("cooldown", LONGEST_COOLDOWN),
            spec.number("atMost", 1, MOST).orElse(1),
            spec.number("canary", 0, MOST).orElse(0),
            spec.number("disableAfter", 1, MOST).orElse(USUAL_FAILURES),
            spec.optionalText("pattern").map(NamePattern::parse).orElse(NamePattern.USUAL),
            spec.optionalText("alias"));
    spec.end();
    read.alias()
        .filter(alias -> !AliasName.isPart(alias))
        .ifPresent(alias -> {
          throw spec.error(
              "alias", "is '%s'. Write the part after the slash, such as latest.".formatted(alias));
        });
    lines.stream()
        .filter(line -> !Glob.isPattern(line))
        .forEach(line -> read.pattern().requirePossible(AliasName.requireLine(line)));
    return read;
  }

  /** Reads a spec that was stored. */
  static ScheduleSpec stored(String name, String json) {
    return STORED.get(List.of(name, json), _ -> read(name, JsonMapper.shared().readTree(json)));
  }

  /** Returns its times. */
  CronTimes times() {
    return CronTimes.of(cron, zone);
  }

  /** Whether it looks at a line. */
  public boolean covers(String line) {
    return lines.stream()
        .anyMatch(each -> Glob.isPattern(each) ? Glob.matches(each, line) : each.equals(line));
  }

  /** Returns those of some lines, by name, that it looks at. */
  <T> SortedMap<String, T> covered(NavigableMap<String, T> all) {
    SortedMap<String, T> covered = new TreeMap<>();
    for (String each : lines) {
      covered(each, all).forEach(line -> covered.put(line.getKey(), line.getValue()));
    }
    return covered;
  }

  /** Returns those of some lines, by name, that a name or a pattern names. */
  static <T> Stream<Map.Entry<String, T>> covered(String named, NavigableMap<String, T> all) {
    boolean isPattern = Glob.isPattern(named);
    String first = isPattern ? Glob.prefix(named) : named;
    String last = isPattern ? first + Character.MAX_VALUE : named;
    return all.subMap(first, true, last, true).entrySet().stream()
        .filter(line -> !isPattern || Glob.matches(named, line.getKey()));
  }

  /** Returns it in canonical form. What is as usual is left out. */
  public Map<String, Object> canonical() {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("lines", lines);
    spec.put("cron", cron);
    spec.put("zone", zone);
    window.ifPresent(it -> spec.put("window", SpecReader.text(it)));
    if (!when.equals(Conditions.NONE)) {
      spec.put("when", when.spec());
    }
    cooldown.ifPresent(it -> spec.put("cooldown", SpecReader.text(it)));
    spec.put("atMost", atMost);
    if (canary > 0) {
      spec.put("canary", canary);
    }
    spec.put("disableAfter", disableAfter);
    spec.put("pattern", pattern.text());
    alias.ifPresent(it -> spec.put("alias", it));
    return spec;
  }
}
