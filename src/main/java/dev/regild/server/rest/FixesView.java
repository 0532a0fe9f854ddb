package dev.regild.server.rest;

import dev.regild.insight.FixedCve;
import dev.regild.insight.Fixes;
import dev.regild.insight.SourceFixes;
import java.util.List;
import java.util.Optional;

/**
 * What an update fixes, in the form of our endpoints. The numbers count each CVE once.
 *
 * @param fixed CVEs fixed outside the kernel
 * @param kernel CVEs fixed in the kernel
 * @param mentioned CVEs that are named, but not fixed anywhere
 * @param unknown packages with CVEs that may be missing; if there are any, the numbers are minimums
 * @param sources sorted by the name of the source package
 */
record FixesView(
    int fixed, int kernel, int mentioned, List<String> unknown, List<SourceView> sources) {

  /**
   * What an update fixes in the packages of one source.
   *
   * @param unknown why CVEs may be missing; absent if none are
   * @param fixedCves absent for a kernel whose CVEs are only counted
   * @param mentionedCves absent for a kernel whose CVEs are only counted
   */
  record SourceView(
      String source,
      String from,
      String to,
      List<String> packages,
      boolean kernel,
      Optional<String> unknown,
      int fixed,
      int mentioned,
      Optional<List<FixedCve>> fixedCves,
      Optional<List<FixedCve>> mentionedCves) {}

  /** With every CVE. */
  static FixesView whole(Fixes fixes) {
    return of(fixes, true);
  }

  /** With the kernel's CVEs only counted: a kernel's update fixes thousands. */
  static FixesView folded(Fixes fixes) {
    return of(fixes, false);
  }

  private static FixesView of(Fixes fixes, boolean kernels) {
    Fixes.Counts counts = fixes.counts();
    return new FixesView(
        counts.fixed(),
        counts.kernel(),
        counts.mentioned(),
        counts.unknown(),
        fixes.sources().stream().map(each -> view(each, kernels || !each.kernel())).toList());
  }

  private static SourceView view(SourceFixes each, boolean all) {
    return new SourceView(
        each.source(),
        each.from(),
        each.to(),
        each.packages(),
        each.kernel(),
        Optional.of(each.unknown()).filter(why -> !why.isEmpty()),
        each.fixed().size(),
        each.mentioned().size(),
        Optional.of(each.fixed()).filter(_ -> all),
        Optional.of(each.mentioned()).filter(_ -> all));
  }
}
