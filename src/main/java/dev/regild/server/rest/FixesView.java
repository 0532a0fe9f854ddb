package dev.regild.server.rest;

import dev.regild.insight.FixedCve;
import dev.regild.insight.Fixes;
import dev.regild.insight.SourceFixes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;

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

  /** With the kernel's CVEs only counted: a kernel's update fixes thousands. */
  static FixesView folded(Fixes fixes) {
    return of(fixes, fixes.sources().stream().map(each -> view(each, !each.kernel())).toList());
  }

  /**
   * With a part of the CVEs; the numbers are those of all.
   *
   * @param shown whether a CVE of a source is in the part
   * @param sourcesWithout whether sources of which no CVE is in the part are shown as well
   */
  static FixesView part(
      Fixes fixes, BiPredicate<SourceFixes, FixedCve> shown, boolean sourcesWithout) {
    List<SourceView> sources = new ArrayList<>();
    for (SourceFixes each : fixes.sources()) {
      List<FixedCve> fixed = each.fixed().stream().filter(it -> shown.test(each, it)).toList();
      List<FixedCve> mentioned =
          each.mentioned().stream().filter(it -> shown.test(each, it)).toList();
      if (sourcesWithout || !fixed.isEmpty() || !mentioned.isEmpty()) {
        sources.add(view(each, Optional.of(fixed), Optional.of(mentioned)));
      }
    }
    return of(fixes, sources);
  }

  private static FixesView of(Fixes fixes, List<SourceView> sources) {
    Fixes.Counts counts = fixes.counts();
    return new FixesView(
        counts.fixed(), counts.kernel(), counts.mentioned(), counts.unknown(), sources);
  }

  private static SourceView view(SourceFixes each, boolean all) {
    return view(
        each,
        Optional.of(each.fixed()).filter(_ -> all),
        Optional.of(each.mentioned()).filter(_ -> all));
  }

  private static SourceView view(
      SourceFixes each, Optional<List<FixedCve>> fixed, Optional<List<FixedCve>> mentioned) {
    return new SourceView(
        each.source(),
        each.from(),
        each.to(),
        each.packages(),
        each.kernel(),
        Optional.of(each.unknown()).filter(why -> !why.isEmpty()),
        each.fixed().size(),
        each.mentioned().size(),
        fixed,
        mentioned);
  }
}
