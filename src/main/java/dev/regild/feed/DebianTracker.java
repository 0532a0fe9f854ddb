package dev.regild.feed;

import dev.regild.feed.Issue.State;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Reads the JSON of Debian's security tracker: for each source package and CVE, each release with
 * its {@code status}, {@code fixed_version}, {@code urgency}, {@code nodsa} and {@code
 * nodsa_reason}.
 */
final class DebianTracker implements FeedReader {
  private static final Map<String, String> PLATFORMS =
      Map.of(
          "buster", "DEBIAN_10",
          "bullseye", "DEBIAN_11",
          "bookworm", "DEBIAN_12",
          "trixie", "DEBIAN_13",
          "forky", "DEBIAN_14",
          "duke", "DEBIAN_15");

  /** What is kept of a release while it is read. */
  private static final Set<String> MEMBERS =
      Set.of("status", "fixed_version", "urgency", "nodsa", "nodsa_reason");

  @Override
  public void read(Path file, FeedFacts facts) throws IOException, MalformedFeedException {
    int[] releases = {0};
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      FeedJson.read(
          in,
          json ->
              json.object(
                  "the whole",
                  source ->
                      json.object(
                          source,
                          cve ->
                              json.object(
                                  cve,
                                  member -> {
                                    if (member.equals("releases")) {
                                      releases[0] += releases(json, source, cve, facts);
                                    } else {
                                      json.skip();
                                    }
                                  }))));
    }
    if (releases[0] == 0) {
      throw new MalformedFeedException("it names no release of any package");
    }
  }

  private static int releases(FeedJson json, String source, String cve, FeedFacts facts)
      throws IOException, MalformedFeedException {
    int[] count = {0};
    json.object(
        "releases of " + cve,
        release -> {
          count[0]++;
          String platform = PLATFORMS.getOrDefault(release, release);
          if (facts.platforms().contains(platform)) {
            Map<String, String> said = new HashMap<>();
            json.object(
                release + " of " + cve,
                member -> {
                  if (MEMBERS.contains(member)) {
                    said.put(member, json.text(member + " of " + cve));
                  } else {
                    json.skip();
                  }
                });
            facts.add(platform, source, issue(cve, said));
          } else {
            json.skip();
          }
        });
    return count[0];
  }

  private static Issue issue(String cve, Map<String, String> said) throws MalformedFeedException {
    String urgency = said.getOrDefault("urgency", "").replace("*", "");
    String severity = urgency.equals("not yet assigned") ? "" : urgency;
    String fixed = said.getOrDefault("fixed_version", "");
    return switch (said.getOrDefault("status", "")) {
      // The tracker's own mark of a release that never had it.
      case "resolved" ->
          fixed.equals("0") || fixed.isEmpty()
              ? new Issue(cve, State.NOT_AFFECTED, "", severity, "")
              : new Issue(cve, State.AFFECTED, fixed, severity, "");
      case "open" -> open(cve, severity, said);
      case "undetermined" -> new Issue(cve, State.AFFECTED, "", severity, "undetermined");
      case String other ->
          throw new MalformedFeedException(
              "the status of %s is '%s', which is unknown".formatted(cve, other));
    };
  }

  private static Issue open(String cve, String severity, Map<String, String> said) {
    String note = said.getOrDefault("nodsa", "");
    String reason = said.getOrDefault("nodsa_reason", "");
    boolean waits = reason.equals("postponed");
    boolean wontFix =
        severity.equals("end-of-life")
            || severity.equals("unimportant")
            || (said.containsKey("nodsa") && !waits);
    String why =
        severity.equals("end-of-life") || severity.equals("unimportant")
            ? severity
            : said.containsKey("nodsa") ? (reason.isEmpty() ? "no-dsa" : reason) : "";
    return new Issue(
        cve,
        wontFix ? State.WONT_FIX : State.AFFECTED,
        "",
        severity,
        note.isEmpty() || why.isEmpty() ? why + note : why + ": " + note);
  }
}
