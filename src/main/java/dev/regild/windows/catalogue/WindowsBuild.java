package dev.regild.windows.catalogue;

import java.util.List;
import java.util.Set;

/**
 * A build of Windows and its revision.
 *
 * @param base {@code 20348}
 * @param revision {@code 2340}; empty if none is said
 */
record WindowsBuild(String base, String revision) {
  /** Builds that are one system with other features switched on, and share their updates. */
  private static final List<Set<String>> FAMILIES =
      List.of(
          Set.of("18362", "18363"),
          Set.of("19041", "19042", "19043", "19044", "19045"),
          Set.of("22621", "22631"),
          Set.of("26100", "26200"));

  /** Reads {@code 20348.2340} or {@code 20348}. */
  static WindowsBuild of(String text) {
    int dot = text.indexOf('.');
    return dot < 0
        ? new WindowsBuild(text, "")
        : new WindowsBuild(text.substring(0, dot), text.substring(dot + 1));
  }

  /** Whether updates for that build are for this one. */
  boolean takesUpdatesOf(String otherBase) {
    return base.equals(otherBase)
        || FAMILIES.stream().anyMatch(each -> each.contains(base) && each.contains(otherBase));
  }

  /** The version of the system at that revision of this build: {@code 10.0.20348.2340}. */
  String systemAt(String newRevision) {
    return "10.0." + base + "." + newRevision;
  }
}
