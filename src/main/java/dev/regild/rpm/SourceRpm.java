package dev.regild.rpm;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The source that an rpm was built from.
 *
 * @param name empty if the rpm names none
 * @param version with its release, but without an epoch, which file names lack
 */
record SourceRpm(String name, String version) {
  private static final Pattern FILE =
      Pattern.compile("(.+)-([^-]+-[^-]+?)\\.(?:no)?src\\.rpm", Pattern.DOTALL);

  /**
   * Reads the tag {@code SOURCERPM}.
   *
   * @param file {@code openssl-1.1.1k-9.el8_7.src.rpm}
   */
  static SourceRpm of(String file) {
    Matcher parts = FILE.matcher(file);
    return parts.matches() ? new SourceRpm(parts.group(1), parts.group(2)) : new SourceRpm("", "");
  }
}
