package dev.regild.feed;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import dev.regild.feed.Issue.State;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Collects what a feed says about the packages of some platforms. */
final class FeedFacts {
  /** What is of no platform. */
  static final String ANY = "";

  /** Ubuntu has the most: some 300,000 for a release. */
  private static final int MOST_ISSUES = 2_000_000;

  private static final int LONGEST_TEXT = 300;

  /** Of all distinct texts together, each with what it takes beside its characters. */
  private static final long MOST_TEXT = 64L << 20;

  private static final int TEXT_OVERHEAD = 80;
  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9:._-]{2,63}");
  private static final JsonFactory JSON = JsonFactory.builder().build();

  private final Map<String, SortedMap<String, Map<String, Issue>>> byPlatform = new HashMap<>();
  private final Map<String, String> texts = new HashMap<>();
  private final long mostText;
  private long text;
  private int issues;

  /**
   * @param platforms those that are wanted: {@code DEBIAN_12}
   */
  FeedFacts(Set<String> platforms) {
    this(platforms, MOST_TEXT);
  }

  FeedFacts(Set<String> platforms, long mostText) {
    this.mostText = mostText;
    platforms.forEach(each -> byPlatform.put(each, new TreeMap<>()));
  }

  /** Returns the platforms that are wanted. */
  Set<String> platforms() {
    return byPlatform.keySet();
  }

  /** Adds an issue; the first one of a CVE in a package counts. */
  void add(String platform, String packageName, Issue issue) throws MalformedFeedException {
    add(platform, packageName, issue, false);
  }

  /** Adds an issue, or replaces what was said of the CVE in the package before. */
  void put(String platform, String packageName, Issue issue) throws MalformedFeedException {
    add(platform, packageName, issue, true);
  }

  private void add(String platform, String packageName, Issue issue, boolean replacing)
      throws MalformedFeedException {
    if (!IDENTIFIER.matcher(issue.cve()).matches()) {
      throw new MalformedFeedException("it has the identifier '" + shown(issue.cve()) + "'");
    }
    SortedMap<String, Map<String, Issue>> packages = byPlatform.get(platform);
    if (packages == null) {
      return;
    }
    Issue kept =
        new Issue(
            shared(issue.cve()),
            issue.state(),
            shared(issue.fixed()),
            shared(issue.severity()),
            shared(issue.note()));
    Map<String, Issue> known =
        packages.computeIfAbsent(shared(packageName), _ -> new LinkedHashMap<>());
    Issue before = replacing ? known.put(kept.cve(), kept) : known.putIfAbsent(kept.cve(), kept);
    if (before == null && ++issues > MOST_ISSUES) {
      throw new MalformedFeedException("it has more than %,d entries".formatted(MOST_ISSUES));
    }
  }

  /** Returns what was said of a CVE in a package so far; null if nothing was. */
  @Nullable Issue find(String platform, String packageName, String cve) {
    Map<String, Map<String, Issue>> packages = byPlatform.getOrDefault(platform, new TreeMap<>());
    return packages.getOrDefault(packageName, Map.of()).get(cve);
  }

  /** Many entries have the same texts. */
  private String shared(String each) throws MalformedFeedException {
    String bounded = bounded(each);
    String known = texts.putIfAbsent(bounded, bounded);
    if (known != null) {
      return known;
    }
    text += TEXT_OVERHEAD + bounded.length();
    if (text > mostText) {
      throw new MalformedFeedException("it has too many different texts");
    }
    return bounded;
  }

  /** Returns as much of a text as is kept. */
  static String bounded(String text) {
    return text.length() > LONGEST_TEXT ? text.substring(0, LONGEST_TEXT) : text;
  }

  private static String shown(String text) {
    return text.length() > 40 ? text.substring(0, 40) + "…" : text;
  }

  /** Returns how many issues there are, of all platforms. */
  int issues() {
    return issues;
  }

  /** Returns how many issues there are of a platform. */
  int issues(String platform) {
    return byPlatform.getOrDefault(platform, new TreeMap<>()).values().stream()
        .mapToInt(Map::size)
        .sum();
  }

  /** Returns what is known of a platform, to be stored. */
  byte[] packed(String platform) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream compressed = new ZstdOutputStream(bytes, 9);
        JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), compressed)) {
      json.writeStartArray();
      for (Map.Entry<String, Map<String, Issue>> each :
          byPlatform.getOrDefault(platform, new TreeMap<>()).entrySet()) {
        json.writeString(each.getKey());
        json.writeStartArray();
        for (Issue issue : each.getValue().values()) {
          json.writeString(issue.cve());
          json.writeString(issue.state().name());
          json.writeString(issue.fixed());
          json.writeString(issue.severity());
          json.writeString(issue.note());
        }
        json.writeEndArray();
      }
      json.writeEndArray();
    }
    return bytes.toByteArray();
  }

  /** Reads what {@link #packed} wrote: the issues of each package. */
  static Map<String, Collection<Issue>> unpacked(byte[] packed) {
    FeedFacts facts = new FeedFacts(Set.of(ANY));
    try (InputStream bytes = new ZstdInputStream(new ByteArrayInputStream(packed));
        JsonParser json = JSON.createParser(ObjectReadContext.empty(), bytes)) {
      var _ = json.nextToken();
      while (json.nextToken() != JsonToken.END_ARRAY) {
        String name = json.getString();
        var _ = json.nextToken();
        while (json.nextToken() != JsonToken.END_ARRAY) {
          String cve = json.getString();
          State state = State.valueOf(json.nextStringValue());
          facts.add(
              ANY,
              name,
              new Issue(
                  cve,
                  state,
                  json.nextStringValue(),
                  json.nextStringValue(),
                  json.nextStringValue()));
        }
      }
    } catch (IOException | MalformedFeedException e) {
      throw new IllegalStateException("The stored facts of a feed are damaged; refresh it.", e);
    }
    Map<String, Collection<Issue>> all = new HashMap<>();
    facts
        .byPlatform
        .getOrDefault(ANY, new TreeMap<>())
        .forEach((name, known) -> all.put(name, known.values()));
    return all;
  }
}
