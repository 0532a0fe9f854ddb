package dev.regild.insight;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What an update fixes, by its packages' changelogs and its channel's advisories.
 *
 * @param sources by the name of the source
 */
public record Fixes(List<SourceFixes> sources) {
  public Fixes {
    sources = List.copyOf(sources);
  }

  /**
   * The numbers of CVEs, each counted once, however many packages it concerns.
   *
   * @param fixed CVEs fixed outside the kernel
   * @param kernel CVEs fixed in the kernel
   * @param mentioned CVEs that are named, but not fixed anywhere
   * @param unknown packages with CVEs that may be missing; if there are any, the numbers are
   *     minimums
   */
  public record Counts(int fixed, int kernel, int mentioned, List<String> unknown) {
    public Counts {
      unknown = List.copyOf(unknown);
    }
  }

  /** Counts. */
  public Counts counts() {
    Set<String> kernel = new HashSet<>();
    Set<String> fixed = new HashSet<>();
    Set<String> mentioned = new HashSet<>();
    Set<String> unknown = new TreeSet<>();
    for (SourceFixes source : sources) {
      source.fixed().forEach(each -> (source.kernel() ? kernel : fixed).add(each.cve()));
      source.mentioned().forEach(each -> mentioned.add(each.cve()));
      if (!source.unknown().isEmpty()) {
        unknown.addAll(source.packages());
      }
    }
    fixed.removeAll(kernel);
    mentioned.removeAll(fixed);
    mentioned.removeAll(kernel);
    return new Counts(fixed.size(), kernel.size(), mentioned.size(), List.copyOf(unknown));
  }
}
