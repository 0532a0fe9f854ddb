package dev.regild.feed;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the feeds say about a platform. Of a CVE in a package, the first feed counts that says
 * something.
 *
 * @param basis stands for all of it: another one says something else
 * @param issues of each package; empty if no feed says anything of the platform
 * @param exploited the CVEs that are known to be exploited; empty if no feed says so
 */
public record PlatformFacts(
    String basis,
    Optional<Map<String, Collection<Issue>>> issues,
    Optional<Set<String>> exploited) {
  /** Without any feed. */
  public static final PlatformFacts NONE =
      new PlatformFacts("", Optional.empty(), Optional.empty());

  /** Returns the issues of a package. */
  Collection<Issue> issues(String packageName) {
    return issues.isEmpty() ? List.of() : issues.get().getOrDefault(packageName, List.of());
  }
}
