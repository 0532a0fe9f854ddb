package dev.regild.server;

import dev.regild.insight.FixedCve;
import dev.regild.insight.Fixes;
import dev.regild.insight.SourceFixes;
import java.util.List;
import java.util.Optional;

/**
 * What an update fixes, as our endpoints show it. The numbers count each CVE once.
 *
 * @param fixed besides the kernel's
 * @param kernel those that are fixed in the kernel
 * @param mentioned those that are named and nowhere fixed
 * @param unknown the packages of which not all is known: the numbers are what is known at least
 * @param sources by the name of the source package
 */
record FixesView(
    int fixed, int kernel, int mentioned, List<String> unknown, List<SourceView> sources) {

  /**
   * What is fixed in the packages of one source.
   *
   * @param unknown why not all is known; absent if all is
   * @param fixedCves absent where the kernel's are folded
   * @param mentionedCves absent where the kernel's are folded
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
