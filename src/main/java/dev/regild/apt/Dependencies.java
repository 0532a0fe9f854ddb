package dev.regild.apt;

import dev.regild.servicing.Transaction.Install;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a transaction breaks of a package's dependencies, written as in a control file. */
final class Dependencies {
  /** {@code libssl3 (<< 3.0.21)}, with or without an architecture. */
  private static final Pattern RELATION =
      Pattern.compile(
          "([a-z0-9][a-z0-9+.-]+)(?::[a-z0-9-]+)?(?:\\s*\\(\\s*(<<|<=|=|>=|>>)\\s*([^)\\s]+)\\s*\\))?.*");

  private Dependencies() {}

  /**
   * The first dependency that the transaction breaks, or one of whose alternatives: the package has
   * to go, so nothing else satisfies it.
   *
   * @param relations the package's, with a comma between them
   * @return with what breaks it; empty if none of its own dependencies breaks
   */
  static String broken(String relations, List<Install> installs, Set<String> removed) {
    Map<String, String> after = new HashMap<>();
    installs.forEach(install -> after.put(install.name(), install.to()));
    return Arrays.stream(relations.split(","))
        .map(String::strip)
        .filter(relation -> !relation.isEmpty())
        .filter(relation ->
            Arrays.stream(relation.split("\\|"))
                .anyMatch(each -> isBroken(each.strip(), after, removed)))
        .map(relation -> "Depends: " + relation)
        .findFirst()
        .orElse("");
  }

  private static boolean isBroken(String relation, Map<String, String> after, Set<String> removed) {
    Matcher matcher = RELATION.matcher(relation);
    if (!matcher.matches()) {
      return false;
    }
    String version = after.get(matcher.group(1));
    if (version == null || matcher.group(2) == null) {
      return version == null && removed.contains(matcher.group(1));
    }
    int order = DebianVersion.compare(version, matcher.group(3));
    return switch (matcher.group(2)) {
      case "<<" -> order >= 0;
      case "<=" -> order > 0;
      case "=" -> order != 0;
      case ">=" -> order < 0;
      default -> order <= 0;
    };
  }
}
