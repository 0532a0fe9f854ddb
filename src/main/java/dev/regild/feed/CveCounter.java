package dev.regild.feed;

import dev.regild.feed.OpenCves.Counts;
import dev.regild.feed.OpenCves.Subject;
import dev.regild.plan.InstalledPackage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Counts the CVEs of many inventories of one platform. It evaluates each version of a source once,
 * and looks at each package once as long as it is the same object. For one thread.
 */
public final class CveCounter {
  private final OpenCves openCves;

  private final IdentityHashMap<InstalledPackage, List<Version>> packages = new IdentityHashMap<>();

  private final Map<Subject, Version> versions = new HashMap<>();
  private final Map<String, Integer> sources = new HashMap<>();
  private final Map<String, Integer> cves = new HashMap<>();
  private final BitSet exploitedCves = new BitSet();

  /** By the number of the source, for the sources that are marked. */
  private Version[] counting = new Version[1024];

  private final Marks seenSources = new Marks();
  private final Marks seenCves = new Marks();

  /**
   * @param openCves what the feeds say of the platform
   */
  public CveCounter(OpenCves openCves) {
    this.openCves = openCves;
  }

  /**
   * A version of a source; sources and CVEs are numbers. It is evaluated when it counts: an image
   * may have a thousand versions of a kernel, each with thousands of CVEs.
   */
  private static final class Version {
    private static final int[] NONE = {};

    private final Subject subject;
    private final int source;
    private boolean evaluated;
    private int[] open = NONE;
    private int[] wontFix = NONE;

    Version(Subject subject, int source) {
      this.subject = subject;
      this.source = source;
    }
  }

  /** A set of numbers that is cleared in no time. */
  private static final class Marks {
    private int[] values = new int[1024];
    private int current;

    void clear() {
      current++;
    }

    /** Returns whether the set did not have the number. */
    boolean add(int number) {
      if (number >= values.length) {
        values = Arrays.copyOf(values, Math.max(number + 1, 2 * values.length));
      }
      boolean added = values[number] != current;
      values[number] = current;
      return added;
    }
  }

  /** Forgets packages, of which later inventories have other objects. */
  public void forget() {
    packages.clear();
    versions.clear();
  }

  /** Counts the CVEs of the packages of an inventory; empty if no feed knows its platform. */
  public Optional<Counts> count(Collection<InstalledPackage> installed) {
    if (openCves.facts.issues().isEmpty()) {
      return Optional.empty();
    }
    int open = 0;
    int kernel = 0;
    int wontFix = 0;
    int exploited = 0;
    Collection<Version> distinct = distinct(installed);
    distinct.forEach(this::evaluate);
    seenCves.clear();
    for (Version each : distinct) {
      for (int cve : each.open) {
        if (seenCves.add(cve)) {
          exploited += exploitedCves.get(cve) ? 1 : 0;
          if (each.subject.kernel()) {
            kernel++;
          } else {
            open++;
          }
        }
      }
    }
    for (Version each : distinct) {
      for (int cve : each.wontFix) {
        if (seenCves.add(cve)) {
          exploited += exploitedCves.get(cve) ? 1 : 0;
          wontFix++;
        }
      }
    }
    int known = exploited;
    return Optional.of(
        new Counts(open, kernel, wontFix, openCves.facts.exploited().map(_ -> known)));
  }

  /** Returns the version of each source that counts. */
  private Collection<Version> distinct(Collection<InstalledPackage> installed) {
    seenSources.clear();
    List<Integer> seen = new ArrayList<>();
    for (InstalledPackage each : installed) {
      for (Version one : versions(each)) {
        if (seenSources.add(one.source)) {
          seen.add(one.source);
          counting[one.source] = one;
        } else if (one != counting[one.source]) {
          Version other = counting[one.source];
          counting[one.source] =
              openCves.counting(other.subject, one.subject).equals(one.subject) ? one : other;
        }
      }
    }
    return seen.stream().map(source -> counting[source]).toList();
  }

  private List<Version> versions(InstalledPackage each) {
    List<Version> known = packages.get(each);
    if (known == null) {
      known =
          openCves.subjectsOf(each).stream()
              .filter(Subject::counts)
              .map(subject -> versions.computeIfAbsent(subject, this::version))
              .toList();
      packages.put(each, known);
    }
    return known;
  }

  private Version version(Subject subject) {
    int source = sources.computeIfAbsent(subject.of().name(), _ -> sources.size());
    if (source >= counting.length) {
      counting = Arrays.copyOf(counting, 2 * counting.length);
    }
    return new Version(subject, source);
  }

  private void evaluate(Version version) {
    if (version.evaluated) {
      return;
    }
    List<Integer> open = new ArrayList<>();
    List<Integer> wontFix = new ArrayList<>();
    for (Issue issue : openCves.facts.issues(version.subject.of().name())) {
      switch (openCves.status(issue, version.subject.of().version())) {
        case OPEN -> open.add(number(issue.cve()));
        case WONT_FIX -> wontFix.add(number(issue.cve()));
        case FIXED, NOT_AFFECTED -> {
          // Nothing is open.
        }
      }
    }
    version.open = array(open);
    version.wontFix = array(wontFix);
    version.evaluated = true;
  }

  private static int[] array(List<Integer> numbers) {
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }

  private int number(String cve) {
    Integer known = cves.get(cve);
    if (known == null) {
      known = cves.size();
      cves.put(cve, known);
      exploitedCves.set(
          known, openCves.facts.exploited().filter(it -> it.contains(cve)).isPresent());
    }
    return known;
  }
}
