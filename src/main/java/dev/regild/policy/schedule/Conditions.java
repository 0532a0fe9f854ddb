package dev.regild.policy.schedule;

import dev.regild.plan.Glob;
import dev.regild.policy.SpecReader;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What has to hold for an update; all of it. Without any, one change is enough.
 *
 * @param security a change fixes a security problem
 * @param severity the update fixes a problem that is at least as severe
 * @param cves the update fixes one of them; empty for any
 * @param packages a package changes whose name matches one of these patterns; empty for any
 * @param kernel a kernel changes
 * @param agent the agent changes
 * @param moreThan more than so many changes
 * @param quiet the line has had no new image for this time
 */
public record Conditions(
    boolean security,
    Optional<Severity> severity,
    List<String> cves,
    List<String> packages,
    boolean kernel,
    boolean agent,
    int moreThan,
    Optional<Duration> quiet) {
  private static final Duration LONGEST_QUIET = Duration.ofDays(1000);

  public Conditions {
    cves = List.copyOf(cves);
    packages = List.copyOf(packages);
  }

  /** Any change. */
  public static final Conditions NONE =
      new Conditions(
          false, Optional.empty(), List.of(), List.of(), false, false, 0, Optional.empty());

  static Conditions read(SpecReader spec) {
    Optional<Severity> severity =
        spec.optionalText("severity")
            .map(word ->
                Severity.of(word)
                    .orElseThrow(() ->
                        spec.error(
                            "severity",
                            "is '%s'. It must be low, medium, high or critical.".formatted(word))));
    List<String> cves = spec.texts("cves");
    for (String cve : cves) {
      if (!cve.matches("CVE-\\d{4}-\\d{4,12}")) {
        throw spec.error(
            "cves", "has '%s'. Write identifiers such as CVE-2024-3094.".formatted(cve));
      }
    }
    Conditions conditions =
        new Conditions(
            spec.flag("security"),
            severity,
            cves.stream().distinct().sorted().toList(),
            spec.texts("packages").stream().distinct().sorted().toList(),
            spec.flag("kernel"),
            spec.flag("agent"),
            spec.number("moreThan", 0, 100_000).orElse(0),
            spec.duration("quiet", LONGEST_QUIET));
    spec.end();
    return conditions;
  }

  Map<String, Object> spec() {
    Map<String, Object> spec = new LinkedHashMap<>();
    if (security) {
      spec.put("security", true);
    }
    severity.ifPresent(it -> spec.put("severity", it.word()));
    if (!cves.isEmpty()) {
      spec.put("cves", cves);
    }
    if (!packages.isEmpty()) {
      spec.put("packages", packages);
    }
    if (kernel) {
      spec.put("kernel", true);
    }
    if (agent) {
      spec.put("agent", true);
    }
    if (moreThan > 0) {
      spec.put("moreThan", moreThan);
    }
    quiet.ifPresent(it -> spec.put("quiet", SpecReader.text(it)));
    return spec;
  }

  /** Returns them in words, for the audit log: {@code security true, moreThan 3}. */
  String text() {
    Map<String, Object> all = spec();
    return all.isEmpty()
        ? "any change"
        : all.entrySet().stream()
            .map(each -> each.getKey() + " " + each.getValue())
            .collect(Collectors.joining(", "));
  }

  /** Whether they need more of a plan than its numbers of changes. */
  boolean needDetails() {
    return severity.isPresent() || !cves.isEmpty() || !packages.isEmpty() || kernel || agent;
  }

  /** Whether they need to know what an update fixes. */
  boolean needFixes() {
    return severity.isPresent() || !cves.isEmpty();
  }

  /** Returns why a line is too young for an update, if it is. */
  Optional<String> tooSoon(Instant created, Instant now) {
    return quiet
        .filter(it -> now.isBefore(created.plus(it)))
        .map(it ->
            "its newest image is of %s, and quiet is %s".formatted(created, SpecReader.text(it)));
  }

  /** Returns every condition that does not hold, as the reason why there is no update. */
  List<String> unmet(PlanFacts facts) {
    List<String> unmet = new ArrayList<>();
    if (facts.changes() == 0) {
      unmet.add(
          facts.waiting() > 0
              ? "its update has %s, younger than the cooldown"
                  .formatted(PlanFacts.text(facts.waiting()))
              : "it is up to date");
      return unmet;
    }
    if (security && facts.security() == 0) {
      unmet.add(
          "its update has %s, and none fixes a security problem"
              .formatted(PlanFacts.text(facts.changes())));
    }
    if (facts.changes() <= moreThan) {
      unmet.add("it has %s, not more than %d".formatted(PlanFacts.text(facts.changes()), moreThan));
    }
    severity
        .filter(least -> facts.severity().filter(it -> it.compareTo(least) >= 0).isEmpty())
        .ifPresent(least ->
            unmet.add(
                "the highest severity is %s, below %s"
                    .formatted(
                        facts.severity().map(Severity::word).orElse("not known"), least.word())));
    if (!cves.isEmpty() && cves.stream().noneMatch(facts.cves()::contains)) {
      unmet.add("it fixes none of " + String.join(", ", cves));
    }
    if (!packages.isEmpty() && facts.packages().stream().noneMatch(this::isNamed)) {
      unmet.add("no package changes that matches " + String.join(", ", packages));
    }
    if (kernel && !facts.kernel()) {
      unmet.add("no kernel changes");
    }
    if (agent && !facts.agent()) {
      unmet.add("the agent does not change");
    }
    return unmet;
  }

  private boolean isNamed(String name) {
    return packages.stream().anyMatch(pattern -> Glob.matches(pattern, name));
  }
}
