package dev.regild.feed;

import dev.regild.feed.Issue.State;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads CISA's catalogue of known exploited vulnerabilities: {@code catalogVersion}, {@code count},
 * and {@code vulnerabilities} with {@code cveID}, {@code dateAdded} and others.
 */
final class KevCatalogue implements FeedReader {
  /** The name under which its CVEs are kept, which are of no package. */
  static final String EXPLOITED = "exploited";

  @Override
  public void read(Path file, FeedFacts facts) throws IOException, MalformedFeedException {
    Map<String, String> head = new HashMap<>();
    long[] counts = {-1, 0};
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      FeedJson.read(
          in,
          json ->
              json.object(
                  "the whole",
                  member -> {
                    switch (member) {
                      case "catalogVersion" -> head.put(member, json.text(member));
                      case "count" -> counts[0] = json.number(member);
                      case "vulnerabilities" ->
                          json.array(
                              member,
                              () -> {
                                counts[1]++;
                                entry(json, facts);
                              });
                      default -> json.skip();
                    }
                  }));
    }
    if (head.isEmpty() || counts[0] < 0) {
      throw new MalformedFeedException("it has no catalogVersion, or no count");
    }
    if (counts[0] != counts[1] || counts[1] == 0) {
      throw new MalformedFeedException(
          "it has %d vulnerabilities, but says that it has %d".formatted(counts[1], counts[0]));
    }
  }

  private static void entry(FeedJson json, FeedFacts facts)
      throws IOException, MalformedFeedException {
    Map<String, String> said = new HashMap<>();
    json.object(
        "a vulnerability",
        member -> {
          if (member.equals("cveID") || member.equals("dateAdded")) {
            said.put(member, json.text(member));
          } else {
            json.skip();
          }
        });
    facts.add(
        FeedFacts.ANY,
        EXPLOITED,
        new Issue(
            said.getOrDefault("cveID", ""),
            State.AFFECTED,
            "",
            "",
            said.getOrDefault("dateAdded", "")));
  }
}
