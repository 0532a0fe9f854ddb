package dev.regild.feed;

import dev.regild.feed.Issue.State;
import dev.regild.insight.PackageNotes;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageFamily;
import dev.regild.plan.PackageVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Compares the packages of inventories with what feeds say of a platform: by source package, in the
 * package system's order of versions. For one thread.
 */
public final class OpenCves {
  private final PlatformFacts facts;
  private final PackageFamily family;
  private final PackageNotes notes;

  /** As long as the packages are the same objects. */
  private final IdentityHashMap<InstalledPackage, List<Subject>> subjects = new IdentityHashMap<>();

  private final Map<PackageVersion, Evaluated> evaluated = new HashMap<>();
  private final Map<String, Integer> numbers = new HashMap<>();
  private final BitSet dangerous = new BitSet();
  private int[] marks = new int[1024];
  private int mark;

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

  /** The numbers of CVEs. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Evaluated(int[] open, int[] wontFix) {}

  /**
   * A package as feeds name it.
   *
   * @param kernel whether its source is a kernel
   * @param bootable whether it holds a kernel itself
   */
  private record Subject(PackageVersion of, boolean kernel, boolean bootable) {}

  /** Forgets packages, of which later inventories have other objects. */
  public void forget() {
    subjects.clear();
  }

  /** Returns each CVE of each package, by package, then as the feed has them. */
  public List<Found> find(Collection<InstalledPackage> installed) {
    List<Found> all = new ArrayList<>();
    Collection<Subject> sorted = new TreeMap<>(distinct(installed)).values();
    for (Subject each : sorted) {
      for (Issue issue : facts.issues(each.of().name())) {
        all.add(
            new Found(
                each.of().name(),
                each.of().version(),
                each.kernel(),
                status(issue, each.of().version()),
                issue,
                facts.exploited().map(known -> known.contains(issue.cve()))));
      }
    }
    return all;
  }

  /** Counts the CVEs of the packages of an inventory; empty if no feed knows its platform. */
  public Optional<Counts> count(Collection<InstalledPackage> installed) {
    if (facts.issues().isEmpty()) {
      return Optional.empty();
    }
    int open = 0;
    int kernel = 0;
    int wontFix = 0;
    int exploited = 0;
    Collection<Subject> all = distinct(installed).values();
    mark++;
    for (Subject each : all) {
      for (int number : evaluated(each).open()) {
        if (marks[number] != mark) {
          marks[number] = mark;
          exploited += dangerous.get(number) ? 1 : 0;
          if (each.kernel()) {
            kernel++;
          } else {
            open++;
          }
        }
      }
    }
    for (Subject each : all) {
      for (int number : evaluated(each).wontFix()) {
        if (marks[number] != mark) {
          marks[number] = mark;
          exploited += dangerous.get(number) ? 1 : 0;
          wontFix++;
        }
      }
    }
    int known = exploited;
    return Optional.of(new Counts(open, kernel, wontFix, facts.exploited().map(_ -> known)));
  }

  private Evaluated evaluated(Subject each) {
    Evaluated known = evaluated.get(each.of());
    if (known == null) {
      List<Integer> open = new ArrayList<>();
      List<Integer> wontFix = new ArrayList<>();
      for (Issue issue : facts.issues(each.of().name())) {
        switch (status(issue, each.of().version())) {
          case OPEN -> open.add(number(issue.cve()));
          case WONT_FIX -> wontFix.add(number(issue.cve()));
          case FIXED, NOT_AFFECTED -> {
            // Nothing is open.
          }
        }
      }
      known = new Evaluated(array(open), array(wontFix));
      evaluated.put(each.of(), known);
    }
    return known;
  }

  private static int[] array(List<Integer> numbers) {
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }

  private int number(String cve) {
    Integer known = numbers.putIfAbsent(cve, numbers.size());
    if (known != null) {
      return known;
    }
    int number = numbers.size() - 1;
    if (number == marks.length) {
      marks = Arrays.copyOf(marks, 2 * marks.length);
    }
    dangerous.set(number, facts.exploited().filter(it -> it.contains(cve)).isPresent());
    return number;
  }

  /**
   * Returns the packages as feeds name them, each once. Of a kernel the newest counts, which the
   * image boots; nothing of it, if only its headers are installed. Of every other package the
   * oldest counts.
   */
  private Map<String, Subject> distinct(Collection<InstalledPackage> installed) {
    Map<String, Subject> all = new HashMap<>();
    for (InstalledPackage each : installed) {
      for (Subject subject : subjects.computeIfAbsent(each, this::subjectsOf)) {
        if (!subject.kernel() || subject.bootable()) {
          all.merge(subject.of().name(), subject, this::counting);
        }
      }
    }
    return all;
  }

  private Subject counting(Subject one, Subject other) {
    int order = family.order().compare(one.of().version(), other.of().version());
    return one.kernel() == (order >= 0) ? one : other;
  }

  /** Those of which the feeds say nothing are left out. */
  private List<Subject> subjectsOf(InstalledPackage each) {
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

  private Status status(Issue issue, String installed) {
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
