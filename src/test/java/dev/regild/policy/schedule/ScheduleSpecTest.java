package dev.regild.policy.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.policy.InvalidPolicyException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ScheduleSpecTest {
  private static final Instant NOW = Instant.parse("2026-03-01T01:30:00Z");

  @Test
  void aSpecIsTheSameInWhateverWayItIsWritten() {
    ScheduleSpec spec =
        read(
            """
            {"lines": ["web-*", "golden"], "cron": " 0  2 * * * ", "zone": "Europe/Berlin",
             "window": "180m", "cooldown": "168h", "atMost": 2, "canary": 1, "alias": "latest",
             "when": {"security": true, "severity": "Important", "cves": "CVE-2024-3094",
                      "packages": ["openssl*"], "moreThan": 3, "quiet": "2d"}}
            """);
    assertThat(spec.canonical().toString())
        .isEqualTo(
            "{lines=[golden, web-*], cron=0 2 * * *, zone=Europe/Berlin, window=3h,"
                + " when={security=true, severity=high, cves=[CVE-2024-3094],"
                + " packages=[openssl*], moreThan=3, quiet=2d}, cooldown=7d, atMost=2, canary=1,"
                + " disableAfter=3, pattern={line}-{n}, alias=latest}");
    JsonNode again = JsonMapper.shared().valueToTree(spec.canonical());
    assertThat(ScheduleSpec.read("nightly", again, NOW)).isEqualTo(spec);
    assertThat(spec.covers("web-1")).isTrue();
    assertThat(spec.covers("golden-2")).isFalse();
  }

  @Test
  void theLinesThatItLooksAtAreFoundByTheBeginningsOfPatterns() {
    NavigableMap<String, String> lines = new TreeMap<>();
    for (String each : List.of("web", "web-1", "web-10", "web-2", "wec", "golden", "a.b")) {
      lines.put(each, each);
    }
    for (String spec :
        List.of(
            "*",
            "web*",
            "web-?",
            "web-[13]",
            "w*c",
            "web",
            "none",
            "[gw]*",
            "golden*",
            "?",
            "a?b")) {
      ScheduleSpec read =
          read("{\"lines\": [\"%s\", \"a.b\"], \"cron\": \"0 2 * * *\"}".formatted(spec));
      assertThat(read.covered(lines).keySet())
          .as(spec)
          .containsExactlyElementsOf(lines.keySet().stream().filter(read::covers).toList());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{}|Schedule nightly: lines is missing. Name at least one line",
        "{'lines': 'a'}|Schedule nightly: cron is missing. Add it.",
        "{'lines': 'a', 'cron': '0 2 * * *', 'colour': 1}|Schedule nightly has the unknown key"
            + " colour.",
        "{'lines': 'a', 'cron': '0 2 * * *', 'when': {'cve': 1}}|Schedule nightly has the unknown"
            + " key when.cve.",
        "{'lines': 'a', 'cron': '0 2 * * *', 'when': {'severity': 'bad'}}|Schedule nightly:"
            + " when.severity is 'bad'.",
        "{'lines': 'a', 'cron': '0 2 * * *', 'when': {'cves': ['x']}}|when.cves has 'x'.",
        "{'lines': 'a', 'cron': '0 2 * * *', 'when': []}|Schedule nightly: when must be a map",
        "{'lines': 'a', 'cron': '0 2 * * *', 'window': '3 weeks'}|window is '3 weeks'. Write a"
            + " duration",
        "{'lines': 'a', 'cron': '0 2 * * *', 'cooldown': '61d'}|cooldown is '61d'. It must be more"
            + " than 0 and at most 60d.",
        "{'lines': 'a', 'cron': '0 2 * * *', 'atMost': 0}|atMost must be a whole number from 1 to"
            + " 1000.",
        "{'lines': 'a', 'cron': '0 2 * * *', 'canary': 1.5}|canary must be a whole number",
        "{'lines': 'a', 'cron': '0 2 * * *', 'alias': 'a/b'}|alias is 'a/b'. Write the part after"
            + " the slash",
        "{'lines': 'a b', 'cron': '0 2 * * *'}|'a b' is not the name of a line.",
        "{'lines': 'a', 'cron': '0 2 * * *', 'pattern': 'new'}|The pattern 'new' makes the same"
            + " name each time, so only the first one is free. Add {n} or {date}.",
        "{'lines': ['a', 'b'], 'cron': '0 2 * * *', 'pattern': 'new-{date}'}|The pattern"
            + " 'new-{date}' makes the same name for several lines. Add {line} or {n}.",
        "{'lines': 'a*', 'cron': '0 2 * * *', 'pattern': '{date}-{time}'}|makes the same name for"
            + " several lines.",
        "{'lines': 'a', 'cron': '0 2,14 1 * *', 'pattern': '{line}-{date}'}|The pattern"
            + " '{line}-{date}' makes one name a day, but the cron has several times on one day."
            + " Add {n} or {time}.",
        "{'lines': 'a', 'cron': '0 2 * * *', 'pattern': '{line}/{n}'}|which no image can have.",
        "{'lines': 'a', 'cron': '0 2 * * *', 'pattern': 'aws-{n}'}|which are reserved.",
        "{'lines': 'a', 'cron': '0 2 * * *', 'pattern': '{line}-{m}'}|has the unknown placeholder"
            + " {m}.",
        "{'lines': 'a', 'cron': '0 0 31 6 *'}|The cron '0 0 31 6 *' never fires",
        "{'lines': 'a', 'cron': '0 2 * * *', 'zone': 'Mars/Base'}|The time zone 'Mars/Base' does"
            + " not exist."
      })
  void whatCanNotBeIsRefusedWithTheKey(String json, String message) {
    assertThatThrownBy(() -> read(json.replace('\'', '"')))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aPatternIsEnoughWhoseNamesStayFree() {
    for (String spec :
        List.of(
            "{'lines': ['a', 'b*'], 'cron': '*/5 * * * *', 'pattern': '{line}-{date}-{time}'}",
            "{'lines': 'a', 'cron': '0 2 * * *', 'pattern': '{date}'}",
            "{'lines': '*', 'cron': '*/5 * * * *', 'pattern': 'new-{n}'}")) {
      assertThat(read(spec.replace('\'', '"')).pattern().text()).as(spec).isNotEmpty();
    }
  }

  @Test
  void theNextNumberIsAboveAllThatAreThere() {
    NamePattern usual = NamePattern.USUAL;
    assertThat(next(usual, List.of("golden"), Set.of("golden"))).contains("golden-2");
    assertThat(next(usual, List.of("golden", "golden-2", "golden-10", "golden-x"), Set.of()))
        .contains("golden-11");
    assertThat(next(usual, List.of("golden"), Set.of("golden-2", "golden-3"))).contains("golden-4");
    assertThat(next(NamePattern.parse("{line}.{date}.{n}"), List.of("golden.20250101.7"), Set.of()))
        .contains("golden.20260301.8");
    assertThat(next(NamePattern.parse("{line}-{date}"), List.of(), Set.of()))
        .contains("golden-20260301");
    assertThat(next(NamePattern.parse("{line}-{date}"), List.of(), Set.of("golden-20260301")))
        .isEmpty();
    assertThat(next(NamePattern.parse("{line}-{date}-{time}"), List.of(), Set.of()))
        .as("in the schedule's time zone")
        .contains("golden-20260301-0230");
  }

  private static Optional<String> next(
      NamePattern pattern, List<String> present, Set<String> taken) {
    return pattern.next(
        "golden", present, NOW, ZoneId.of("Europe/Berlin"), name -> !taken.contains(name));
  }

  @Test
  void everyConditionThatDoesNotHoldIsSaid() {
    Conditions all =
        read("""
        {"lines": "a", "cron": "0 2 * * *",
         "when": {"security": true, "severity": "high", "cves": ["CVE-2024-3094"],
                  "packages": ["openssl*"], "kernel": true, "agent": true, "moreThan": 2}}
        """)
            .when();
    assertThat(all.unmet(facts(2, 0, 0, Optional.of(Severity.MEDIUM), "bash", false)))
        .containsExactly(
            "its update has 2 changes, and none fixes a security problem",
            "it has 2 changes, not more than 2",
            "the highest severity is medium, below high",
            "it fixes none of CVE-2024-3094",
            "no package changes that matches openssl*",
            "no kernel changes",
            "the agent does not change");
    assertThat(all.unmet(facts(3, 0, 1, Optional.of(Severity.CRITICAL), "openssl-libs", true)))
        .isEmpty();
    assertThat(Conditions.NONE.unmet(facts(1, 0, 0, Optional.empty(), "bash", false))).isEmpty();
    assertThat(Conditions.NONE.unmet(facts(0, 0, 0, Optional.empty(), "bash", false)))
        .containsExactly("it is up to date");
    assertThat(Conditions.NONE.unmet(facts(0, 4, 0, Optional.empty(), "bash", false)))
        .containsExactly("its update has 4 changes, younger than the cooldown");
  }

  private static PlanFacts facts(
      int changes,
      int waiting,
      int security,
      Optional<Severity> severity,
      String name,
      boolean special) {
    return new PlanFacts(
        changes,
        waiting,
        security,
        severity,
        special ? Set.of("CVE-2024-3094") : Set.of("CVE-2020-1111"),
        List.of(name),
        special,
        special);
  }

  private static ScheduleSpec read(String json) {
    return ScheduleSpec.read("nightly", JsonMapper.shared().readTree(json), NOW);
  }
}
