package dev.regild.apt;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The source that a binary package of Debian was built from. The field {@code Source} stands in a
 * binary package only where it differs: the name, and the version in parentheses where that differs
 * too (deb-control(5)).
 *
 * @param version without the {@code +b1} of a rebuild, which has no source of its own
 */
record SourcePackage(String name, String version) {
  private static final Pattern FIELD = Pattern.compile("(\\S+)(?:\\s+\\((\\S+)\\))?");
  private static final Pattern REBUILT = Pattern.compile("\\+b\\d+$");

  /**
   * Reads a field.
   *
   * @param field the field {@code Source}; empty where the package has none
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

  /** The version that a rebuilt package was rebuilt of. */
  static String withoutRebuild(String version) {
    return REBUILT.matcher(version).replaceFirst("");
  }
}
