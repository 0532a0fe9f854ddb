package dev.regild.image;

import static dev.regild.image.RefusedException.Reason.NOT_PERMITTED;

import java.util.List;
import java.util.Locale;

/** The names that only the service itself may give, as AWS documents them. */
public final class ReservedNames {
  private static final List<String> PREFIXES = List.of("amazon", "aws", "appstream");

  private ReservedNames() {}

  /**
   * Looks whether a name may be given to a new image.
   *
   * @throws RefusedException NOT_PERMITTED if not
   */
  public static void requireFree(String name) {
    requireFree(name, NOT_PERMITTED);
  }

  /**
   * As {@link #requireFree(String)}, for operations that have another error for it.
   *
   * @throws RefusedException of that reason if not
   */
  public static void requireFree(String name, RefusedException.Reason reason) {
    String lowerCase = name.toLowerCase(Locale.ROOT);
    for (String prefix : PREFIXES) {
      if (lowerCase.startsWith(prefix)) {
        throw new RefusedException(
            reason,
            "The name %s is reserved because it starts with Amazon, AWS or AppStream. Choose another name."
                .formatted(name));
      }
    }
  }
}
