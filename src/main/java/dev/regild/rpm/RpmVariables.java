package dev.regild.rpm;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The variables of dnf.conf(5) that a repository's URI may have: {@code $basearch} and {@code
 * $arch}, and {@code $releasever}, the number at the end of the platform's name.
 */
final class RpmVariables {
  private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w*)\\}|(\\w*))");
  private static final Pattern RELEASE = Pattern.compile("\\d+$");

  private RpmVariables() {}

  /** The release of a platform: 8 of {@code ROCKY_LINUX8}; empty if its name ends with none. */
  static String releaseOf(String platform) {
    Matcher release = RELEASE.matcher(platform);
    return release.find() ? release.group() : "";
  }

  /**
   * The URI with its variables substituted.
   *
   * @param key of the channel's file, for the message
   * @throws IllegalArgumentException if it has another variable
   */
  static String substituted(String key, String uri, String release, String architecture) {
    return VARIABLE
        .matcher(uri)
        .replaceAll(found -> {
          String name = found.group(1) == null ? found.group(2) : found.group(1);
          return switch (name) {
            case "basearch", "arch" -> architecture;
            case "releasever" -> release;
            default ->
                throw new IllegalArgumentException(
                    key
                        + ": has the variable '"
                        + found.group()
                        + "', whose value only a guest knows; write the value ($releasever and"
                        + " $basearch are known)");
          };
        });
  }
}
