package dev.regild.inventory;

import dev.regild.plan.Glob;
import java.io.IOException;
import java.util.Collection;

/**
 * What an image's owner may say of packages: more than any owner writes, and so little that a plan
 * can ask it about each package. A whole name costs nothing; a pattern is compared with every name.
 */
public final class PolicyLimits {
  static final int MOST = 500;
  static final int MOST_PATTERNS = 100;
  static final int MOST_CHARACTERS = 4096;

  private PolicyLimits() {}

  /**
   * Requires that a policy's names and patterns are within the limits.
   *
   * @param what they are, for the message
   * @param all each name, pattern or regular expression
   * @throws IOException if they are too many
   */
  public static void require(String what, Collection<String> all) throws IOException {
    long patterns = all.stream().distinct().filter(PolicyLimits::isPattern).count();
    long characters =
        all.stream().distinct().filter(PolicyLimits::isPattern).mapToLong(String::length).sum();
    if (all.size() > MOST || patterns > MOST_PATTERNS || characters > MOST_CHARACTERS) {
      throw new IOException(
          "%s of the image are too many: %d, of which %d are patterns of %d characters together. Leave at most %d, and at most %d patterns of %d characters."
              .formatted(
                  what, all.size(), patterns, characters, MOST, MOST_PATTERNS, MOST_CHARACTERS));
    }
  }

  /**
   * A version lock of any architecture, {@code bash-0:4.4.20-5.el8.*}, is looked up by its name.
   */
  public static boolean isPattern(String text) {
    String name = text.endsWith(".*") ? text.substring(0, text.length() - 2) : text;
    return Glob.isPattern(name) || (text.length() >= 2 && text.startsWith("/"));
  }
}
