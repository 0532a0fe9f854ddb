package dev.regild.insight;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toList;

import dev.regild.plan.Advisory;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageFamily;
import dev.regild.plan.PackageOrigin;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Finds what an update fixes: for each source, the entries after the installed version, up to the
 * new one.
 */
public final class FixFinder {
  private final PackageNotes notes;
  private final PackageFamily family;
  private final List<InstalledPackage> installed;
  private final Collection<InstalledPackage> concerned;

  /** Returns the changelog of a package that the update installs, if it was read. */
  private final Function<Replacement, Optional<Changelog>> changelogs;

  private final FixMemo memo;

  public FixFinder(
      PackageNotes notes,
      PackageFamily family,
      List<InstalledPackage> installed,
      Function<Replacement, Optional<Changelog>> changelogs) {
    this(notes, family, installed, installed, changelogs, new FixMemo());
  }

  /**
   * For one of many updates.
   *
   * @param concerned those of the installed packages among which are all that it replaces
   * @param memo of finders with the same package system and the same changelogs
   */
  public FixFinder(
      PackageNotes notes,
      PackageFamily family,
      List<InstalledPackage> installed,
      Collection<InstalledPackage> concerned,
      Function<Replacement, Optional<Changelog>> changelogs,
      FixMemo memo) {
    this.notes = notes;
    this.family = family;
    this.installed = List.copyOf(installed);
    this.concerned = concerned;
    this.changelogs = changelogs;
    this.memo = memo;
  }

  /** A package that the update installs, and what is known about it. */
  private record Known(
      Replacement replacement, Optional<InstalledPackage> before, Optional<Changelog> changelog) {
    Optional<PackageOrigin> origin() {
      return before.flatMap(InstalledPackage::origin).filter(each -> !each.source().isEmpty());
    }

    String source() {
      return changelog
          .map(Changelog::source)
          .filter(source -> !source.isEmpty())
          .or(() -> origin().map(PackageOrigin::source))
          .orElse(replacement.name());
    }

    String to() {
      return changelog
          .map(Changelog::sourceVersion)
          .filter(version -> !version.isEmpty())
          .orElse(replacement.to());
    }
  }

  /** Finds what these packages fix. */
  public Fixes find(Collection<Replacement> update) {
    Map<String, List<InstalledPackage>> before = before(update);
    SortedMap<String, List<Known>> bySource =
        update.stream()
            .map(each -> known(each, before.getOrDefault(each.name(), List.of())))
            .collect(groupingBy(Known::source, TreeMap::new, toList()));
    List<SourceFixes> sources = new ArrayList<>();
    bySource.forEach((source, all) ->
        base(source, all)
            .ifPresent(base ->
                sources.add(
                    memo.of(
                        source,
                        all.stream().map(Known::replacement).toList(),
                        base,
                        () -> fixes(source, all, base)))));
    return new Fixes(sources);
  }

  /** Returns the installed packages of the names that the update replaces. */
  private Map<String, List<InstalledPackage>> before(Collection<Replacement> update) {
    Map<String, List<InstalledPackage>> before = new HashMap<>();
    for (Replacement each : update) {
      before.put(each.name(), new ArrayList<>(1));
    }
    for (InstalledPackage each : concerned) {
      List<InstalledPackage> named = before.get(each.name());
      if (named != null) {
        named.add(each);
      }
    }
    return before;
  }

  private Known known(Replacement each, List<InstalledPackage> named) {
    Optional<InstalledPackage> before =
        named.stream().filter(it -> it.version().equals(each.from())).findFirst();
    return new Known(each, before, changelogs.apply(each));
  }

  /**
   * Returns the package to compare with: the oldest one that is replaced. If all packages are new,
   * as with each Debian kernel, it is the newest installed one of the same source, or the newest
   * kernel. Empty if nothing of it was installed: then nothing was open.
   */
  private Optional<InstalledPackage> base(String source, List<Known> all) {
    Comparator<InstalledPackage> order =
        Comparator.comparing(InstalledPackage::version, family.order());
    return all.stream()
        .flatMap(each -> each.before().stream())
        .min(order)
        .or(() ->
            installed.stream()
                .filter(each ->
                    each.origin().map(PackageOrigin::source).filter(source::equals).isPresent())
                .max(order))
        .or(() -> notes.isKernel(source) ? newestKernel(order) : Optional.empty());
  }

  private Optional<InstalledPackage> newestKernel(Comparator<InstalledPackage> order) {
    return installed.stream().filter(each -> family.kernel().apply(each).isPresent()).max(order);
  }

  private SourceFixes fixes(String source, List<Known> all, InstalledPackage base) {
    SortedMap<String, FixedCve> fixed = new TreeMap<>(FixedCve.BY_NUMBER);
    SortedMap<String, FixedCve> mentioned = new TreeMap<>(FixedCve.BY_NUMBER);
    List<Changelog> read =
        all.stream().flatMap(each -> each.changelog().stream()).filter(Changelog::wasRead).toList();
    for (Changelog changelog : read) {
      for (ChangelogEntry entry : changelog.entries()) {
        if (notes.isLater(entry, base)) {
          entry
              .cves()
              .forEach(each ->
                  (each.fixed() ? fixed : mentioned)
                      .putIfAbsent(
                          each.cve(), new FixedCve(each.cve(), entry.version(), each.line())));
        }
      }
    }
    for (Known each : all) {
      for (Advisory advisory : each.replacement().advisories()) {
        advisory
            .cves()
            .forEach(cve ->
                fixed.putIfAbsent(cve, new FixedCve(cve, each.replacement().to(), advisory.id())));
      }
    }
    mentioned.keySet().removeAll(fixed.keySet());
    return new SourceFixes(
        source,
        base.origin()
            .filter(origin -> origin.source().equals(source))
            .map(PackageOrigin::sourceVersion)
            .orElse(base.version()),
        all.stream().map(Known::to).max(family.order()).orElse(""),
        List.copyOf(new TreeSet<>(all.stream().map(each -> each.replacement().name()).toList())),
        notes.isKernel(source),
        unknown(all, read, base),
        List.copyOf(fixed.values()),
        List.copyOf(mentioned.values()));
  }

  /** One changelog that reaches back far enough is enough: those of one source are the same. */
  private String unknown(List<Known> all, List<Changelog> read, InstalledPackage base) {
    boolean reachesBack =
        read.stream().anyMatch(each -> each.whole() || !notes.isLater(each.oldest(), base));
    if (reachesBack) {
      return "";
    }
    String problems =
        all.stream()
            .flatMap(each -> each.changelog().stream())
            .map(Changelog::problem)
            .filter(problem -> !problem.isEmpty())
            .distinct()
            .collect(joining("; "));
    if (!problems.isEmpty()) {
      return problems;
    }
    if (!read.isEmpty()) {
      return "its changelog begins with " + read.getFirst().oldest().version();
    }
    return all.stream()
        .flatMap(each -> each.changelog().stream())
        .map(Changelog::sharedWith)
        .filter(shared -> !shared.isEmpty())
        .findFirst()
        .map(shared -> "its changelog is in the package " + shared + ", which was not read")
        .orElse(notes.unread());
  }
}
