package dev.regild.apt;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.regild.channel.NameIndex;
import dev.regild.plan.Glob;
import dev.regild.plan.Pin;
import dev.regild.plan.UpdatePolicy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The priorities that apt gives the versions of packages: by the pins of an image's owner
 * (apt_preferences(5)), in the order and with the exceptions of apt's own code (policy.cc and
 * versionmatch.cc of apt-pkg 2.6 and 3.0).
 */
final class AptPreferences {
  /** Without any pin. */
  static final AptPreferences NONE = new AptPreferences(UpdatePolicy.NONE);

  /** Of {@code APT::Default-Release}. */
  private static final int DEFAULT_RELEASE = 990;

  private final List<Rule> general = new ArrayList<>();
  private final List<Rule> specific = new ArrayList<>();
  private final NameIndex<Rule> byPackage = new NameIndex<>();

  /**
   * What was asked before: a plan is made by one thread, of versions that come from few indexes.
   */
  private final IdentityHashMap<IndexOrigin, Integer> priorities = new IdentityHashMap<>();

  private final IdentityHashMap<IndexOrigin, Map<Rule, Boolean>> covered = new IdentityHashMap<>();

  AptPreferences(UpdatePolicy policy) {
    if (!policy.defaultRelease().isEmpty()) {
      Pin pin =
          new Pin("*", Pin.Kind.RELEASE, policy.defaultRelease(), DEFAULT_RELEASE, "apt.conf");
      general.add(new Rule(pin, "APT::Default-Release \"%s\"".formatted(policy.defaultRelease())));
    }
    for (Pin pin : policy.pins()) {
      String shown =
          "pin \"%s %s\" with priority %d in %s"
              .formatted(
                  pin.kind().name().toLowerCase(Locale.ROOT),
                  pin.data(),
                  pin.priority(),
                  pin.file());
      Rule rule = new Rule(pin, shown);
      if (pin.isGeneral()) {
        general.add(rule);
      } else {
        specific.add(rule);
        rule.packages.getFirst().addTo(byPackage, rule);
      }
    }
  }

  /**
   * The priority of one version of a package.
   *
   * @param isNative whether the package is of the machine's main architecture, or of all
   * @param origins every index that has it, and that of what is installed
   */
  int priority(
      String name,
      String architecture,
      boolean isNative,
      String version,
      Collection<IndexOrigin> origins) {
    Optional<Rule> pinned = specific(name, architecture, isNative, version, origins);
    if (pinned.isPresent() && origins.stream().anyMatch(each -> priority(each) != Pin.NEVER)) {
      return pinned.get().pin.priority();
    }
    return origins.stream().mapToInt(this::priority).max().orElse(0);
  }

  /** What decides about one version, for messages; empty if no pin does. */
  Optional<String> reason(
      String name,
      String architecture,
      boolean isNative,
      String version,
      Collection<IndexOrigin> origins) {
    return specific(name, architecture, isNative, version, origins)
        .or(() -> general.stream().filter(rule -> covers(rule, origins)).findFirst())
        .map(Rule::shown);
  }

  /** The pin of an owner who prefers a release, where that is all that can be named. */
  Optional<String> anyReason() {
    return Stream.concat(general.stream(), specific.stream()).findFirst().map(Rule::shown);
  }

  private Optional<Rule> specific(
      String name,
      String architecture,
      boolean isNative,
      String version,
      Collection<IndexOrigin> origins) {
    return byPackage.about(name.toLowerCase(Locale.ROOT)).stream()
        .filter(rule -> rule.isFor(architecture, isNative))
        .filter(rule -> rule.covers(version) || covers(rule, origins))
        .findFirst();
  }

  /** There are few origins, and many packages from each. */
  private boolean covers(Rule rule, Collection<IndexOrigin> origins) {
    return origins.stream()
        .anyMatch(origin ->
            covered
                .computeIfAbsent(origin, _ -> new IdentityHashMap<>())
                .computeIfAbsent(rule, each -> each.covers(origin)));
  }

  /** How many names were compared with patterns so far. */
  long comparisons() {
    return byPackage.comparisons();
  }

  private int priority(IndexOrigin origin) {
    return general.isEmpty()
        ? origin.priority()
        : priorities.computeIfAbsent(origin, this::computed);
  }

  /** The first that is about it counts, but {@code never} always does. */
  private int computed(IndexOrigin origin) {
    int priority = origin.priority();
    boolean fixed = false;
    for (Rule rule : general) {
      int pinned = rule.pin.priority();
      if ((!fixed || pinned == Pin.NEVER) && priority != Pin.NEVER && rule.covers(origin)) {
        priority = pinned;
        fixed = true;
      }
    }
    return priority;
  }

  /** One pin, ready to be asked. */
  private record Rule(
      Pin pin,
      List<Expression> packages,
      Expression data,
      Optional<Release> release,
      String shown) {
    Rule(Pin pin, String shown) {
      this(
          pin,
          pin.isGeneral() ? List.of() : packages(pin.packages()),
          Expression.of(pin.kind() == Pin.Kind.ORIGIN ? unquoted(pin.data()) : pin.data()),
          pin.kind() == Pin.Kind.RELEASE ? Optional.of(Release.of(pin.data())) : Optional.empty(),
          shown);
    }

    private static List<Expression> packages(String text) {
      int colon = text.lastIndexOf(':');
      return colon > 0
          ? List.of(
              Expression.of(text.substring(0, colon)), Expression.of(text.substring(colon + 1)))
          : List.of(Expression.of(text));
    }

    /**
     * Whether it is about that architecture. By source packages, as {@code src:} has it, nothing is
     * known here: that is Resolve's.
     */
    boolean isFor(String architecture, boolean isNative) {
      if (packages.size() == 1) {
        return isNative;
      }
      Expression wanted = packages.getLast();
      return wanted.matches(architecture)
          || wanted.matches("any")
          || (isNative && (wanted.matches("native") || wanted.matches("all")));
    }

    boolean covers(String version) {
      if (pin.kind() != Pin.Kind.VERSION) {
        return false;
      }
      String wanted = pin.data();
      boolean prefix = wanted.endsWith("*");
      String text = prefix ? wanted.substring(0, wanted.length() - 1) : wanted;
      boolean same =
          prefix
              ? version.regionMatches(true, 0, text, 0, text.length())
              : version.equalsIgnoreCase(text);
      return same || data.matches(version);
    }

    boolean covers(IndexOrigin origin) {
      return switch (pin.kind()) {
        case VERSION -> false;
        case RELEASE -> release.orElseThrow().covers(origin);
        case ORIGIN -> data.matches(origin.site());
      };
    }

    private static String unquoted(String site) {
      boolean quoted = site.length() >= 2 && site.startsWith("\"") && site.endsWith("\"");
      return quoted ? site.substring(1, site.length() - 1) : site;
    }
  }

  /**
   * What a pin says of releases.
   *
   * @param all whether it is about every one
   * @param words by their letter; {@code r} for what may be an archive or a codename
   */
  private record Release(boolean all, Map<Character, Expression> words) {
    static Release of(String data) {
      if (data.isEmpty() || data.equals("*")) {
        return new Release(true, Map.of());
      }
      Map<Character, Expression> words = new HashMap<>();
      if (data.indexOf('=') < 0) {
        words.put(Character.isDigit(data.charAt(0)) ? 'v' : 'r', Expression.of(data));
      } else {
        for (String part : data.split(",", -1)) {
          String word = part.strip();
          if (word.length() >= 2 && word.charAt(1) == '=') {
            words.put(word.charAt(0), Expression.of(word.substring(2)));
          }
        }
      }
      words.keySet().retainAll(List.of('v', 'r', 'a', 'n', 'o', 'l', 'c', 'b'));
      return new Release(false, words);
    }

    boolean covers(IndexOrigin origin) {
      return all
          || (!words.isEmpty()
              && words.entrySet().stream()
                  .allMatch(word ->
                      facts(word.getKey(), origin).stream().anyMatch(word.getValue()::matches)));
    }

    private static List<String> facts(char letter, IndexOrigin origin) {
      return switch (letter) {
        case 'v' -> List.of(origin.version());
        case 'r' -> List.of(origin.archive(), origin.codename());
        case 'a' -> List.of(origin.archive());
        case 'n' -> List.of(origin.codename());
        case 'o' -> List.of(origin.origin());
        case 'l' -> List.of(origin.label());
        case 'c' -> List.of(origin.component());
        case 'b' -> List.of(origin.architecture());
        default -> List.of();
      };
    }
  }

  /**
   * A glob or, between slashes, a regular expression, both whatever their case. It comes from an
   * image, so it must not be able to cost more than its length.
   */
  private record Expression(String glob, Optional<Pattern> regex) {
    private static final int LONGEST = 512;

    static Expression of(String text) {
      if (text.length() >= 2 && text.startsWith("/") && text.endsWith("/")) {
        return new Expression("", compiled(text.substring(1, text.length() - 1)));
      }
      return new Expression(text.toLowerCase(Locale.ROOT), Optional.empty());
    }

    /** Empty, which matches nothing, for what can't be compiled, as it is to apt. */
    private static Optional<Pattern> compiled(String regex) {
      boolean repeats = regex.indexOf('{') >= 0; // multiplies the size of what it stands behind
      if (regex.length() > LONGEST || repeats) {
        return Optional.empty();
      }
      try {
        return Optional.of(Pattern.compile(regex, Pattern.CASE_INSENSITIVE));
      } catch (PatternSyntaxException e) {
        return Optional.empty();
      }
    }

    void addTo(NameIndex<Rule> rules, Rule rule) {
      if (regex.isPresent()) {
        rules.add(this::matches, rule);
      } else if (!glob.isEmpty()) {
        rules.add(glob, rule);
      }
    }

    boolean matches(String text) {
      return regex
          .map(pattern -> pattern.matcher(text).find())
          .orElseGet(() -> !glob.isEmpty() && Glob.matches(glob, text.toLowerCase(Locale.ROOT)));
    }
  }
}
