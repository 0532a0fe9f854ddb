package dev.regild.apt;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The source that a Debian package was built from. A binary package has the field {@code Source}
 * only if the source differs: its name and, if that differs too, its version in parentheses
 * (deb-control(5)).
 *
 * @param version without a rebuild's {@code +b1}, because a rebuild has no source of its own
 */
record SourcePackage(String name, String version) {
  private static final Pattern FIELD = Pattern.compile("(\\S+)(?:\\s+\\((\\S+)\\))?");
  private static final Pattern REBUILT = Pattern.compile("\\+b\\d+$");

  /**
   * Reads a field.
   *
   * @param field the field {@code Source}; empty if the package has none
   * @param binary the package's own name
   * @param binaryVersion the package's own version
   */
  static SourcePackage of(String field, String binary, String binaryVersion) {
    Matcher parts = FIELD.matcher(field.strip());
    if (!parts.matches()) {
      return new SourcePackage(binary, withoutRebuild(binaryVersion));
    }
    String version = parts.group(2);
    return new SourcePackage(
        parts.group(1), version == null ? withoutRebuild(binaryVersion) : version);
  }

  /** Returns the version without the suffix of a rebuild. */
  static String withoutRebuild(String version) {
    return REBUILT.matcher(version).replaceFirst("");
  }
}
