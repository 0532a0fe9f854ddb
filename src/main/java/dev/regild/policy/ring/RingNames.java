package dev.regild.policy.ring;

import dev.regild.policy.InvalidPolicyException;
import java.util.regex.Pattern;

/** What rings may be called. */
final class RingNames {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");

  private RingNames() {}

  static String require(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new InvalidPolicyException(
          "The ring's name is '%s'. Use at most 63 small letters, digits and hyphens, such as prod."
              .formatted(name));
    }
    return name;
  }
}
