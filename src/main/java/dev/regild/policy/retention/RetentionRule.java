package dev.regild.policy.retention;

import dev.regild.policy.InvalidPolicyException;
import java.time.Duration;

/**
 * Which images of a line are kept, and what becomes of the others.
 *
 * @param keepImages the newest images that are kept, at least one
 * @param keepAge images that are younger are kept
 * @param deprecated how long an image is deprecated before it is deleted
 * @param undo how long a deletion can be undone
 */
public record RetentionRule(int keepImages, Duration keepAge, Duration deprecated, Duration undo) {
  /** How long a deletion can be undone if a policy does not say. */
  public static final Duration USUAL_UNDO = Duration.ofDays(7);

  private static final int MOST_IMAGES = 100_000;
  private static final Duration LONGEST = Duration.ofDays(3650);
  private static final Duration LONGEST_UNDO = Duration.ofDays(365);

  /**
   * @throws InvalidPolicyException if a number is out of its range
   */
  public RetentionRule {
    if (keepImages < 1 || keepImages > MOST_IMAGES) {
      throw new InvalidPolicyException(
          "A policy keeps 1 to %d images, and not %d. Write --keep 3, for example."
              .formatted(MOST_IMAGES, keepImages));
    }
    require("the age of images that are kept", keepAge, LONGEST);
    require("the time for which images are deprecated", deprecated, LONGEST);
    require("the time in which a deletion can be undone", undo, LONGEST_UNDO);
  }

  private static void require(String what, Duration given, Duration longest) {
    if (given.isNegative() || given.compareTo(longest) > 0) {
      throw new InvalidPolicyException(
          "%s is %d days. Use 0 to %d days."
              .formatted(
                  Character.toUpperCase(what.charAt(0)) + what.substring(1),
                  given.toDays(),
                  longest.toDays()));
    }
  }

  /** Returns the rule in words, for the audit log. */
  public String text() {
    return "keep %d images and %d days, deprecate for %d days, undo for %d days"
        .formatted(keepImages, keepAge.toDays(), deprecated.toDays(), undo.toDays());
  }
}
