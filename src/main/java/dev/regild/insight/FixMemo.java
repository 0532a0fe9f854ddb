package dev.regild.insight;

import static java.util.stream.Collectors.toSet;

import dev.regild.plan.InstalledPackage;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Remembers what the packages of one source fix: many updates replace the same ones. As long as the
 * same changelogs are known. For one thread.
 */
public final class FixMemo {
  /** A kernel's have 200 bytes for each of thousands of CVEs. */
  private static final int MOST = 10_000;

  private final Map<Group, SourceFixes> known = new HashMap<>();
  private final IdentityHashMap<SourceFixes, Set<String>> fixed = new IdentityHashMap<>();

  private record Group(String source, List<Replacement> replacements, InstalledPackage base) {}

  SourceFixes of(
      String source,
      List<Replacement> replacements,
      InstalledPackage base,
      Supplier<SourceFixes> fixes) {
    if (known.size() >= MOST) {
      known.clear();
      fixed.clear();
    }
    return known.computeIfAbsent(new Group(source, replacements, base), _ -> fixes.get());
  }

  /**
   * Counts like {@link Fixes#counts}, without those that are only mentioned.
   *
   * @param fixes of a finder with this memo
   */
  public Fixes.Counts counts(Fixes fixes) {
    Set<String> kernel = new HashSet<>();
    Set<String> others = new HashSet<>();
    Set<String> unknown = new HashSet<>();
    List<SourceFixes> kernels = fixes.sources().stream().filter(SourceFixes::kernel).toList();
    if (kernels.size() == 1) {
      kernel = fixed(kernels.getFirst());
    } else {
      for (SourceFixes each : kernels) {
        kernel.addAll(fixed(each));
      }
    }
    for (SourceFixes each : fixes.sources()) {
      if (!each.kernel()) {
        for (String cve : fixed(each)) {
          if (!kernel.contains(cve)) {
            others.add(cve);
          }
        }
      }
      if (!each.unknown().isEmpty()) {
        unknown.addAll(each.packages());
      }
    }
    return new Fixes.Counts(others.size(), kernel.size(), 0, List.copyOf(unknown));
  }

  private Set<String> fixed(SourceFixes each) {
    return fixed.computeIfAbsent(
        each, it -> it.fixed().stream().map(FixedCve::cve).collect(toSet()));
  }
}
