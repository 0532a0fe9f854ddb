package dev.regild.insight;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What an update fixes, as the changelogs of its packages and its channel's advisories say.
 *
 * @param sources by the name of the source
 */
public record Fixes(List<SourceFixes> sources) {
  public Fixes {
    sources = List.copyOf(sources);
  }

  /**
   * How many CVEs there are, each counted once, however many packages share it.
   *
   * @param fixed besides the kernel's
   * @param kernel those that are fixed in the kernel
   * @param mentioned those that are named and nowhere fixed
   * @param unknown the packages of which not all is known: the numbers are what is known at least
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
