package dev.regild.console.view;

import dev.regild.insight.Fixes;
import dev.regild.insight.SourceFixes;
import java.util.List;
import java.util.Optional;

/**
 * The CVEs of an image, with their evidence.
 *
 * @param toFix what an update would fix now
 * @param fixed what the update fixed that made it; empty if no update did, or it is not known
 * @param unplanned why nothing is known of what an update would fix; may be empty
 */
public record VulnerabilitiesPage(
    String name, String path, Optional<Part> toFix, Optional<Part> fixed, String unplanned) {
  private static final int MOST = 200;

  /** CVEs of some sources. */
  public record Part(int cves, int kernel, List<String> unknown, List<Source> sources) {}

  /**
   * CVEs of one source package.
   *
   * @param more how many CVEs are left out
   */
  public record Source(
      String name, String from, String to, List<Cve> cves, int more, String unknown) {}

  /** A CVE with the line that says so. */
  public record Cve(String id, String evidence) {}

  public static Part part(Fixes fixes) {
    Fixes.Counts counts = fixes.counts();
    return new Part(
        counts.fixed(),
        counts.kernel(),
        counts.unknown(),
        fixes.sources().stream()
            .filter(each -> !each.fixed().isEmpty())
            .map(VulnerabilitiesPage::source)
            .toList());
  }

  private static Source source(SourceFixes each) {
    return new Source(
        each.source(),
        each.from(),
        each.to(),
        each.fixed().stream().limit(MOST).map(cve -> new Cve(cve.cve(), cve.evidence())).toList(),
        Math.max(0, each.fixed().size() - MOST),
        each.unknown());
  }
}
