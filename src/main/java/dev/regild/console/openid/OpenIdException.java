package dev.regild.console.openid;

import org.jspecify.annotations.Nullable;

/** A login that came to nothing; the message is for the person who tried. */
public final class OpenIdException extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean refused;

  private OpenIdException(String message, boolean refused, @Nullable Throwable cause) {
    super(message, cause);
    this.refused = refused;
  }

  /** The provider can't be used now. */
  static OpenIdException unavailable(String message) {
    return new OpenIdException(message, false, null);
  }

  /** The same, and why. */
  static OpenIdException unavailable(String message, Throwable cause) {
    return new OpenIdException(message, false, cause);
  }

  /** What the browser or the provider brought is not good enough. */
  static OpenIdException refused(String message) {
    return new OpenIdException(message, true, null);
  }

  /** The same, and why. */
  static OpenIdException refused(String message, Throwable cause) {
    return new OpenIdException(message, true, cause);
  }

  /** Whether the login was refused; the provider was away otherwise. */
  public boolean isRefusal() {
    return refused;
  }
}
