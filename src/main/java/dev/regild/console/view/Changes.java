package dev.regild.console.view;

import dev.regild.insight.FixedCve;
import dev.regild.insight.Fixes;
import dev.regild.insight.SourceFixes;
import dev.regild.plan.Advisory;
import dev.regild.plan.Change;
import dev.regild.plan.KeptBack;
import dev.regild.plan.PackageChange;
import dev.regild.plan.PackageVersion;
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
 * @param bytes of all files whose size is known
 * @param unsized how many changes have a file whose size is not known
 */
public record Changes(
    List<Row> rows,
    List<KeptBack> keptBack,
    List<PackageChange> others,
    List<String> warnings,
    boolean securityOnly,
    String cves,
    long bytes,
    int unsized) {

  /** A reason is a line of a changelog; a kernel's has thousands. */
  private static final int MOST_REASONS = 20;

  /**
   * A change.
   *
   * @param reasons advisories, and CVEs with their line in the changelog
   * @param more how many reasons are left out
   * @param size of its file; empty if it is not known
   */
  public record Row(
      String kind,
      String name,
      String architecture,
      String from,
      String to,
      boolean security,
      List<Reason> reasons,
      int more,
      String size) {}

  /** A reason for a change. */
  public record Reason(String id, String text) {}

  /** Of an update whose files are no longer of interest. */
  public static Changes of(UpdatePlan plan, Optional<Fixes> fixes) {
    return of(plan, fixes, Map.of());
  }

  /**
   * Of an update.
   *
   * @param sizes of the files that it downloads, in bytes, as far as they are known
   */
  public static Changes of(
      UpdatePlan plan, Optional<Fixes> fixes, Map<PackageVersion, Long> sizes) {
    Map<String, SourceFixes> sources = new HashMap<>();
    fixes.ifPresent(all ->
        all.sources().forEach(each -> each.packages().forEach(name -> sources.put(name, each))));
    return new Changes(
        plan.changes().stream()
            .map(each ->
                row(
                    each,
                    Optional.ofNullable(sources.get(each.name())),
                    Optional.ofNullable(sizes.get(new PackageVersion(each.name(), each.to())))))
            .toList(),
        plan.keptBack(),
        plan.others(),
        plan.warnings(),
        plan.securityOnly(),
        fixes.map(Changes::cves).orElse(""),
        sizes.values().stream().mapToLong(Long::longValue).sum(),
        (int)
            plan.changes().stream()
                .filter(each -> !sizes.containsKey(new PackageVersion(each.name(), each.to())))
                .count());
  }

  /** What is downloaded, in words; empty if no size is known. */
  public String download() {
    return bytes == 0 ? "" : (unsized == 0 ? "" : "at least ") + Words.size(bytes);
  }

  /** Whether any size is known. */
  public boolean isSized() {
    return bytes > 0;
  }

  private static Row row(Change change, Optional<SourceFixes> fixes, Optional<Long> bytes) {
    List<Reason> reasons = new ArrayList<>();
    for (Advisory each : change.advisories()) {
      reasons.add(new Reason(each.id(), words(each)));
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
        Math.max(0, reasons.size() - MOST_REASONS),
        bytes.map(Words::size).orElse(""));
  }

  /** What a vendor says of its advisory. */
  private static String words(Advisory advisory) {
    List<String> words = new ArrayList<>();
    words.add(advisory.type());
    words.add(advisory.severity());
    words.addAll(advisory.cves());
    words.removeIf(String::isEmpty);
    return String.join(", ", words);
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
