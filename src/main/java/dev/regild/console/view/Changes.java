package dev.regild.console.view;

import dev.regild.insight.FixedCve;
import dev.regild.insight.Fixes;
import dev.regild.insight.SourceFixes;
import dev.regild.plan.Advisory;
import dev.regild.plan.Change;
import dev.regild.plan.KeptBack;
import dev.regild.plan.PackageChange;
import dev.regild.plan.UpdatePlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an update changes, and why.
 *
 * @param cves what it fixes, in words; empty if it is not known
 */
public record Changes(
    List<Row> rows,
    List<KeptBack> keptBack,
    List<PackageChange> others,
    List<String> warnings,
    boolean securityOnly,
    String cves) {

  /** A reason is a line of a changelog; a kernel's has thousands. */
  private static final int MOST_REASONS = 20;

  /**
   * A change.
   *
   * @param reasons advisories, and CVEs with their line in the changelog
   * @param more how many reasons are left out
   */
  public record Row(
      String kind,
      String name,
      String architecture,
      String from,
      String to,
      boolean security,
      List<Reason> reasons,
      int more) {}

  /** A reason for a change. */
  public record Reason(String id, String text) {}

  public static Changes of(UpdatePlan plan, Optional<Fixes> fixes) {
    Map<String, SourceFixes> sources = new HashMap<>();
    fixes.ifPresent(all ->
        all.sources().forEach(each -> each.packages().forEach(name -> sources.put(name, each))));
    return new Changes(
        plan.changes().stream()
            .map(each -> row(each, Optional.ofNullable(sources.get(each.name()))))
            .toList(),
        plan.keptBack(),
        plan.others(),
        plan.warnings(),
        plan.securityOnly(),
        fixes.map(Changes::cves).orElse(""));
  }

  private static Row row(Change change, Optional<SourceFixes> fixes) {
    List<Reason> reasons = new ArrayList<>();
    for (Advisory each : change.advisories()) {
      reasons.add(new Reason(each.id(), ""));
    }
    for (FixedCve each : fixes.map(SourceFixes::fixed).orElse(List.of())) {
      reasons.add(new Reason(each.cve(), each.evidence()));
    }
    return new Row(
        switch (change.kind()) {
          case OS -> "System";
          case DRIVER -> "Driver";
          case AGENT -> "Agent";
        },
        change.name(),
        change.architecture(),
        change.from(),
        change.to(),
        change.security(),
        List.copyOf(reasons.subList(0, Math.min(MOST_REASONS, reasons.size()))),
        Math.max(0, reasons.size() - MOST_REASONS));
  }

  private static String cves(Fixes fixes) {
    Fixes.Counts counts = fixes.counts();
    String least = counts.unknown().isEmpty() ? "" : "at least ";
    String kernel =
        counts.kernel() == 0
            ? ""
            : " and " + Words.count(counts.kernel(), "CVE") + " in the kernel";
    String unknown =
        counts.unknown().isEmpty()
            ? ""
            : "; the changelogs of "
                + Words.count(counts.unknown().size(), "package")
                + " are not known yet";
    return least + Words.count(counts.fixed(), "CVE") + kernel + unknown;
  }
}
