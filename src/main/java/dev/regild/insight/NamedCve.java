package dev.regild.insight;

/**
 * A CVE in a changelog's entry.
 *
 * @param cve {@code CVE-2026-84782}
 * @param fixed whether the entry fixes it; else it is only mentioned
 * @param line the evidence: the item of the changelog that names it, shortened
 */
public record NamedCve(String cve, boolean fixed, String line) {}
