package dev.regild.insight;

/**
 * A CVE with its evidence.
 *
 * @param cve {@code CVE-2026-84782}
 * @param version the version of the entry, or of the package that an advisory names
 * @param evidence the entry's line, or the advisory's id
 */
public record FixedCve(String cve, String version, String evidence) {}
