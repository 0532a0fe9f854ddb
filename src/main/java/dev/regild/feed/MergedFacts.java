package dev.regild.feed;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.regild.db.Database;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** What all feeds together say of platforms, kept decoded as long as the heap has room. */
final class MergedFacts {
  private final Database database;

  /** What a feed says of a platform, by its snapshot. */
  private final Cache<Part, Map<String, Collection<Issue>>> parts =
      Caffeine.newBuilder().softValues().build();

  private final Cache<String, PlatformFacts> merged = Caffeine.newBuilder().softValues().build();

  MergedFacts(Database database) {
    this.database = database;
  }

  /** What one feed's snapshot says of a platform. */
  record Part(String feed, String platform, String snapshot) {}

  /** Returns what the feeds say about a platform. */
  PlatformFacts of(String platform) {
    while (true) {
      try {
        return of(parts(platform));
      } catch (ReplacedException e) {
        // By a refresh, whose facts are there now.
      }
    }
  }

  /** What a part says was replaced after the part was named. */
  static final class ReplacedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private ReplacedException() {
      super("a feed's facts were replaced meanwhile");
    }
  }

  /**
   * Returns what the parts say.
   *
   * @throws ReplacedException if one isn't there any more; nothing is remembered of it, since it
   *     may come back
   */
  PlatformFacts of(List<Part> all) {
    if (all.isEmpty()) {
      return PlatformFacts.NONE;
    }
    String basis = String.join("\n", all.stream().map(Part::toString).toList());
    return merged.get(basis, _ -> merged(basis, all));
  }

  /** Returns the parts of what the feeds say now about a platform. */
  List<Part> parts(String platform) {
    return database.read(handle -> parts(handle, platform));
  }

  /** Of a CVE, the feed whose kind comes first counts. */
  private static List<Part> parts(Handle handle, String platform) {
    List<Map.Entry<FeedKind, Part>> found = new ArrayList<>();
    handle
        .createQuery(
            """
            SELECT feed, platform, feed_facts.snapshot AS snapshot, settings
              FROM feed_facts JOIN feed ON feed.name = feed_facts.feed
             WHERE platform = :platform OR platform = ''
             ORDER BY feed
            """)
        .bind("platform", platform)
        .map((row, _) ->
            Map.entry(
                Feed.ofJson(row.getString("settings")).kind(),
                new Part(
                    row.getString("feed"), row.getString("platform"), row.getString("snapshot"))))
        .forEach(found::add);
    return found.stream().sorted(Map.Entry.comparingByKey()).map(Map.Entry::getValue).toList();
  }

  private PlatformFacts merged(String basis, List<Part> all) {
    Map<String, Map<String, Issue>> issues = new HashMap<>();
    Set<String> exploited = new HashSet<>();
    boolean knowsPackages = false;
    boolean knowsExploited = false;
    for (Part part : all) {
      Map<String, Collection<Issue>> said = load(part);
      if (part.platform().equals(FeedFacts.ANY)) {
        knowsExploited = true;
        said.getOrDefault(KevCatalogue.EXPLOITED, List.of())
            .forEach(each -> exploited.add(each.cve()));
      } else if (!said.isEmpty()) {
        knowsPackages = true;
        said.forEach((name, known) -> {
          Map<String, Issue> kept = issues.computeIfAbsent(name, _ -> new LinkedHashMap<>());
          known.forEach(each -> kept.putIfAbsent(each.cve(), each));
        });
      }
    }
    Map<String, Collection<Issue>> packages = new HashMap<>();
    issues.forEach((name, known) -> packages.put(name, List.copyOf(known.values())));
    return new PlatformFacts(
        basis,
        knowsPackages ? Optional.of(packages) : Optional.empty(),
        knowsExploited ? Optional.of(exploited) : Optional.empty());
  }

  private Map<String, Collection<Issue>> load(Part part) {
    return parts.get(
        part,
        _ ->
            database
                .read(handle ->
                    handle
                        .createQuery(
                            "SELECT compressed_json FROM feed_facts WHERE feed = :feed"
                                + " AND platform = :platform AND snapshot = :snapshot")
                        .bind("feed", part.feed())
                        .bind("platform", part.platform())
                        .bind("snapshot", part.snapshot())
                        .mapTo(byte[].class)
                        .findOne())
                .map(FeedFacts::unpacked)
                .orElseThrow(ReplacedException::new));
  }
}
