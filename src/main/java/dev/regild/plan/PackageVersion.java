package dev.regild.plan;

/**
 * One version of a package.
 *
 * @param name without its architecture
 */
public record PackageVersion(String name, String version) {}
