package dev.regild.insight;

import java.util.Comparator;

/**
 * A CVE with its evidence.
 *
 * @param cve {@code CVE-2026-84782}
 * @param version the version of the entry, or of the package that an advisory names
 * @param evidence the entry's line, or the advisory's id
 */
public record FixedCve(String cve, String version, String evidence) {
  /** Identifiers: {@code CVE-2026-999} before {@code CVE-2026-84782}. */
  static final Comparator<String> BY_NUMBER =
      Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder());
}
