package dev.regild.feed;

import dev.regild.feed.Issue.State;
import dev.regild.insight.PackageNotes;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageFamily;
import dev.regild.plan.PackageVersion;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Compares the packages of inventories with what feeds say of a platform: by source package, in the
 * package system's order of versions.
 */
public final class OpenCves {
  final PlatformFacts facts;
  private final PackageFamily family;
  private final PackageNotes notes;

  /**
   * @param facts what the feeds say
   * @param family order of the versions
   * @param notes which source a package is of
   */
  public OpenCves(PlatformFacts facts, PackageFamily family, PackageNotes notes) {
    this.facts = facts;
    this.family = family;
    this.notes = notes;
  }

  /** How an image stands to a CVE. */
  public enum Status {
    /** It is affected; there may be a fix that it lacks. */
    OPEN,
    /** It is affected, and the vendor does not plan a fix. */
    WONT_FIX,
    /** It has the fix. */
    FIXED,
    NOT_AFFECTED
  }

  /**
   * A CVE in a package of an image.
   *
   * @param source the package, as the feed names it
   * @param version that is installed
   * @param kernel whether it is a kernel
   * @param issue what the feed says
   * @param exploited whether it is known to be exploited; empty if no feed says so
   */
  public record Found(
      String source,
      String version,
      boolean kernel,
      Status status,
      Issue issue,
      Optional<Boolean> exploited) {}

  /**
   * CVEs by kind, each counted once.
   *
   * @param open outside the kernel
   * @param kernel open in the kernel
   * @param wontFix that the vendor does not fix, and that are open nowhere
   * @param exploited of all these; empty if no feed says so
   */
  public record Counts(int open, int kernel, int wontFix, Optional<Integer> exploited) {}

  /**
   * A package as feeds name it.
   *
   * @param kernel whether its source is a kernel
   * @param bootable whether it holds a kernel itself
   */
  record Subject(PackageVersion of, boolean kernel, boolean bootable) {
    /** Whether an image with it can be affected: kernel headers cannot. */
    boolean counts() {
      return !kernel || bootable;
    }
  }

  /** Returns each CVE of each package, by package, then as the feed has them. */
  public List<Found> find(Collection<InstalledPackage> installed) {
    List<Found> all = new ArrayList<>();
    Collection<Subject> sorted = new TreeMap<>(distinct(installed)).values();
    for (Subject each : sorted) {
      for (Issue issue : facts.issues(each.of().name())) {
        all.add(found(each, issue));
      }
    }
    return all;
  }

  /** Returns what the feeds say of a CVE in one package; empty if they say nothing. */
  public Optional<Found> find(InstalledPackage each, String cve) {
    return subjectsOf(each).stream()
        .filter(Subject::counts)
        .flatMap(subject ->
            facts.issues(subject.of().name()).stream()
                .filter(issue -> issue.cve().equals(cve))
                .map(issue -> found(subject, issue)))
        .findFirst();
  }

  /** Returns the packages in which the feeds know a CVE, as the feeds name them. */
  public Set<String> packagesWith(String cve) {
    Set<String> names = new HashSet<>();
    facts
        .issues()
        .orElse(Map.of())
        .forEach((name, issues) -> {
          if (issues.stream().anyMatch(issue -> issue.cve().equals(cve))) {
            names.add(name);
          }
        });
    return names;
  }

  private Found found(Subject subject, Issue issue) {
    return new Found(
        subject.of().name(),
        subject.of().version(),
        subject.kernel(),
        status(issue, subject.of().version()),
        issue,
        facts.exploited().map(known -> known.contains(issue.cve())));
  }

  /** Counts the CVEs of the packages of an inventory; empty if no feed knows its platform. */
  public Optional<Counts> count(Collection<InstalledPackage> installed) {
    return new CveCounter(this).count(installed);
  }

  /**
   * Returns the packages as feeds name them, each once. Of a kernel the newest counts, which the
   * image boots; nothing of it, if only its headers are installed. Of every other package the
   * oldest counts.
   */
  private Map<String, Subject> distinct(Collection<InstalledPackage> installed) {
    Map<String, Subject> all = new HashMap<>();
    for (InstalledPackage each : installed) {
      for (Subject subject : subjectsOf(each)) {
        if (subject.counts()) {
          all.merge(subject.of().name(), subject, this::counting);
        }
      }
    }
    return all;
  }

  /** Returns which of two packages of one source counts. */
  Subject counting(Subject one, Subject other) {
    int order = family.order().compare(one.of().version(), other.of().version());
    return one.kernel() == (order >= 0) ? one : other;
  }

  /** Returns a package as feeds name it, without the names of which they say nothing. */
  List<Subject> subjectsOf(InstalledPackage each) {
    List<Subject> all = new ArrayList<>();
    for (PackageVersion name : notes.vendorNames(each)) {
      if (!facts.issues(name.name()).isEmpty()) {
        all.add(
            new Subject(
                name, notes.isKernel(name.name()), family.kernel().apply(each).isPresent()));
      }
    }
    return all;
  }

  Status status(Issue issue, String installed) {
    if (issue.state() == State.NOT_AFFECTED || isModular(issue.fixed(), installed)) {
      return Status.NOT_AFFECTED;
    }
    if (!issue.fixed().isEmpty() && family.order().compare(installed, issue.fixed()) >= 0) {
      return Status.FIXED;
    }
    return issue.state() == State.WONT_FIX ? Status.WONT_FIX : Status.OPEN;
  }

  /** A package of a module, and one that is of none, are other packages. */
  private static boolean isModular(String fixed, String installed) {
    return !fixed.isEmpty() && fixed.contains(".module") != installed.contains(".module");
  }
}
