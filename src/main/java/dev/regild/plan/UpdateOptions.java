package dev.regild.plan;

/**
 * What the caller or the channel allows an update beyond what every update does.
 *
 * @param allowRemovals whether packages may go that the image's owner installed by hand
 * @param skipHooks whether the image's hooks of apt are left out
 */
public record UpdateOptions(boolean allowRemovals, boolean skipHooks) {
  /** Of an update for which nothing was asked. */
  public static final UpdateOptions NONE = new UpdateOptions(false, false);

  /** What either of them allows. */
  public UpdateOptions or(UpdateOptions other) {
    return new UpdateOptions(allowRemovals || other.allowRemovals, skipHooks || other.skipHooks);
  }
}
