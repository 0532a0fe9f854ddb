package dev.regild.insight;

/**
 * A CVE that a changelog's entry names.
 *
 * @param cve {@code CVE-2026-84782}
 * @param fixed whether the entry says that it is fixed; else it is only mentioned
 * @param line what names it, as the evidence: one item of a changelog, shortened
 */
public record Naming(String cve, boolean fixed, String line) {}
