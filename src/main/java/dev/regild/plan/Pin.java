package dev.regild.plan;

/**
 * A record of apt's preferences (apt_preferences(5)).
 *
 * @param packages one name, glob or regular expression between slashes, with {@code src:} before it
 *     or an architecture behind it; {@code *} for the priority of whole releases
 * @param kind what {@code data} is about
 * @param data {@code a=stable,o=Debian}, {@code 5.10*} or {@code "mirror.example"}
 * @param priority from -32768, which is {@code never}, to 32767
 * @param file that it stands in, for messages
 */
public record Pin(String packages, Kind kind, String data, int priority, String file) {
  /** apt's {@code never}: nothing of such a release counts, whatever else is pinned. */
  public static final int NEVER = Short.MIN_VALUE;

  /** What a pin is about. */
  public enum Kind {
    VERSION,
    RELEASE,
    ORIGIN
  }

  /** Whether it is about whole releases, and not about packages. */
  public boolean isGeneral() {
    return packages.equals("*");
  }
}
