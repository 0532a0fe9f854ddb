package dev.regild.plan;

/**
 * A package that an image does not have yet, and should.
 *
 * @param name as it will be installed
 * @param architecture the package system's own word for it
 * @param version as it will be installed
 */
public record NewPackage(String name, String architecture, String version) {}
