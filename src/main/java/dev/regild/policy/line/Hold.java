package dev.regild.policy.line;

/**
 * Why no policy deletes an image.
 *
 * @param by the alias, the account or the tag; what it is used for
 */
public record Hold(Kind kind, String by) {

  /** What keeps images. */
  public enum Kind {
    ALIAS,
    /** Another account sees it. */
    SHARE,
    PUBLIC,
    TAG,
    /** A running update, copy, export or flattening reads it. */
    JOB
  }

  /** Returns the reason as a text that follows the image's name: {@code alias golden/prod}. */
  public String text() {
    return switch (kind) {
      case ALIAS -> "alias " + by;
      case SHARE -> "shared with " + by;
      case PUBLIC -> "public";
      case TAG -> "tag " + by;
      case JOB -> "in use by " + by;
    };
  }
}
