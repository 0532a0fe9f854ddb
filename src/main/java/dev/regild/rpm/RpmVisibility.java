package dev.regild.rpm;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import dev.regild.channel.NameIndex;
import dev.regild.plan.Glob;
import dev.regild.plan.UpdatePolicy;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which packages dnf and yum see, by an image's settings and version locks (dnf.conf(5),
 * dnf-versionlock(8)). A pattern may be a name, or a name with parts of a version and an
 * architecture; which of these it is shows by what there is.
 */
final class RpmVisibility {
  /** Every package is seen. */
  static final RpmVisibility ALL = new RpmVisibility(UpdatePolicy.NONE, List.of());

  private final NameIndex<Filter> includes = new NameIndex<>();
  private final NameIndex<Filter> excludes = new NameIndex<>();
  private final NameIndex<Filter> lockedOut = new NameIndex<>();
  private final NameIndex<Filter> locks = new NameIndex<>();

  /** What was asked before: a plan is made by one thread. */
  private final Map<Nevra, Optional<String>> answers = new HashMap<>();

  private long comparisons;

  /**
   * One package.
   *
   * @param version {@code epoch:version-release}, without an epoch of 0
   */
  record Nevra(String name, String version, String architecture) {}

  /**
   * @param known the packages by which it is decided what a pattern stands for
   */
  RpmVisibility(UpdatePolicy policy, Collection<Nevra> known) {
    Map<String, List<Nevra>> byName =
        known.stream().collect(groupingBy(Nevra::name, LinkedHashMap::new, toList()));
    policy.includes().forEach(text -> add(text, byName, includes));
    policy.excludes().forEach(text -> add(text, byName, excludes));
    for (String line : policy.locks()) {
      boolean excludesOnly = line.startsWith("!");
      String text = excludesOnly ? line.substring(1) : line;
      // Every form until one fits counts: a version that is nowhere locks the name all the same.
      for (Filter each : possible(text, Form.OF_LOCKS)) {
        (excludesOnly ? lockedOut : locks).add(each.name, each);
        if (fits(each, byName)) {
          break;
        }
      }
    }
  }

  /** The first form that fits counts; where none does, what is not known may be of any. */
  private void add(String text, Map<String, List<Nevra>> known, NameIndex<Filter> filters) {
    List<Filter> possible = possible(text, Form.OF_QUERIES);
    possible.stream()
        .filter(each -> fits(each, known))
        .findFirst()
        .map(List::of)
        .orElse(possible)
        .forEach(each -> filters.add(each.name, each));
  }

  private boolean fits(Filter filter, Map<String, List<Nevra>> known) {
    if (!Glob.isPattern(filter.name)) {
      return known.getOrDefault(filter.name, List.of()).stream().anyMatch(filter::matchesRest);
    }
    return known.entrySet().stream()
        .filter(each -> compare(filter, each.getKey()))
        .anyMatch(each -> each.getValue().stream().anyMatch(filter::matchesRest));
  }

  private boolean compare(Filter filter, String name) {
    comparisons++;
    return Glob.matches(filter.name, name);
  }

  private static List<Filter> possible(String text, List<Form> forms) {
    return forms.stream().map(form -> form.parse(text)).flatMap(Optional::stream).toList();
  }

  boolean seesAll() {
    return includes.isEmpty() && excludes.isEmpty() && lockedOut.isEmpty() && locks.isEmpty();
  }

  /** How many names were compared with patterns so far. */
  long comparisons() {
    return comparisons
        + Stream.of(includes, excludes, lockedOut, locks).mapToLong(NameIndex::comparisons).sum();
  }

  /** Whether a version is locked; then nothing that obsoletes it is seen. */
  boolean isLocked(Nevra each) {
    return first(locks, each).isPresent();
  }

  private static Optional<Filter> first(NameIndex<Filter> filters, Nevra each) {
    return filters.about(each.name()).stream()
        .filter(filter -> filter.matchesRest(each))
        .findFirst();
  }

  /** What hides a package, for messages; empty if it is seen. */
  Optional<String> hiddenBy(Nevra each) {
    return seesAll() ? Optional.empty() : answers.computeIfAbsent(each, this::compared);
  }

  private Optional<String> compared(Nevra each) {
    Optional<Filter> excluded = first(excludes, each);
    if (excluded.isPresent()) {
      return Optional.of("excluded by the image's settings: " + excluded.get().text);
    }
    if (!includes.isEmpty() && first(includes, each).isEmpty()) {
      return Optional.of("not among includepkgs in the image's settings");
    }
    return first(lockedOut, each)
        .or(() -> isLocked(each) ? Optional.empty() : locks.about(each.name()).stream().findFirst())
        .map(filter -> "version lock: " + filter.text);
  }

  /** The forms that a pattern may have, as libdnf tells them apart (nevra.cpp). */
  private enum Form {
    NEVRA("(NAME)-EPOCH(PART)-(PART)\\.(ARCH)", 1, 3, 4, 5),
    NEVR("(NAME)-EPOCH(PART)-(PART)", 1, 3, 4, 0),
    NEV("(NAME)-EPOCH(PART)", 1, 3, 0, 0),
    NA("(NAME)\\.(ARCH)", 1, 0, 0, 2),
    NAME("(NAME)", 1, 0, 0, 0);

    /** In the order of dnf's queries. */
    static final List<Form> OF_QUERIES = List.of(NEVRA, NA, NAME, NEVR, NEV);

    /** In the order of the plugin versionlock. */
    static final List<Form> OF_LOCKS = List.of(NEVRA, NEVR, NEV, NA, NAME);

    private static final int LONGEST = 300;

    /** yum writes the epoch in front of all. */
    private static final Pattern OF_YUM = Pattern.compile("(\\d+):(.+)");

    private final Pattern pattern;
    private final int name;
    private final int version;
    private final int release;
    private final int architecture;

    Form(String pattern, int name, int version, int release, int architecture) {
      this.pattern =
          Pattern.compile(
              pattern
                  .replace("NAME", "[^:(/=<> ]+")
                  .replace("EPOCH", "(?:([0-9]+):)?")
                  .replace("PART", "[^-:(/=<> ]+")
                  .replace("ARCH", "[^-:.(/=<> ]+"));
      this.name = name;
      this.version = version;
      this.release = release;
      this.architecture = architecture;
    }

    /** Empty if the text is not of this form. */
    Optional<Filter> parse(String text) {
      Matcher ofYum = OF_YUM.matcher(text);
      boolean epochFirst = ofYum.matches();
      Matcher matcher = pattern.matcher(epochFirst ? ofYum.group(2) : text);
      if (text.length() > LONGEST || !matcher.matches()) {
        return Optional.empty();
      }
      String epoch = version == 0 ? null : matcher.group(2);
      return Optional.of(
          new Filter(
              text,
              matcher.group(name),
              epochFirst ? ofYum.group(1) : epoch == null ? "" : epoch,
              group(matcher, version),
              group(matcher, release),
              group(matcher, architecture)));
    }

    private static String group(Matcher matcher, int number) {
      return number == 0 ? "*" : matcher.group(number);
    }
  }

  /**
   * Patterns of a package's parts.
   *
   * @param epoch empty for any
   */
  private record Filter(
      String text, String name, String epoch, String version, String release, String architecture) {
    /** Whether it matches a package whose name it matches. */
    boolean matchesRest(Nevra each) {
      if (!Glob.matches(architecture, each.architecture())) {
        return false;
      }
      String evr = each.version();
      int colon = evr.indexOf(':');
      int hyphen = evr.lastIndexOf('-');
      String itsEpoch = colon < 0 ? "0" : evr.substring(0, colon);
      return hyphen > colon
          && (epoch.isEmpty() || epoch.equals(itsEpoch))
          && Glob.matches(version, evr.substring(colon + 1, hyphen))
          && Glob.matches(release, evr.substring(hyphen + 1));
    }
  }
}
