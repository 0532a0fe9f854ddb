package dev.regild.windows.catalogue;

import dev.regild.insight.CveItems;
import dev.regild.insight.NamedCve;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the metadata of a Windows update says about the security problems that it fixes. Few updates
 * name CVEs, and none has to name all.
 *
 * @param severity of the worst, in its vendor's word: {@code Critical}; empty if it says nothing
 * @param cves those that its title or its description names as fixed
 */
public record SecurityWords(String severity, List<String> cves) {
  /** Nothing is said. */
  public static final SecurityWords NONE = new SecurityWords("", List.of());

  private static final int LONGEST_SEVERITY = 40;
  private static final int MOST_CVES = 1000;

  public SecurityWords {
    severity = severity.length() > LONGEST_SEVERITY ? "" : severity;
    cves = cves.stream().distinct().limit(MOST_CVES).toList();
  }

  /** Reads a title or a description. */
  public static SecurityWords of(String severity, String text) {
    CveItems items = new CveItems();
    text.lines().forEach(items::line);
    return new SecurityWords(
        severity, items.named().stream().filter(NamedCve::fixed).map(NamedCve::cve).toList());
  }

  /** Returns these words and others. */
  public SecurityWords and(SecurityWords more) {
    return new SecurityWords(
        severity.isEmpty() ? more.severity : severity,
        Stream.concat(cves.stream(), more.cves.stream()).toList());
  }
}
