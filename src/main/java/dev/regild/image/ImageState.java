package dev.regild.image;

import java.util.EnumSet;
import java.util.Set;

/** The states of an image, as the API names them, and the one place that knows their order. */
public enum ImageState {
  PENDING,
  AVAILABLE,
  FAILED,
  COPYING,
  DELETING,
  CREATING,
  IMPORTING,
  VALIDATING;

  /** The states that this one may become. */
  Set<ImageState> successors() {
    return switch (this) {
      // AVAILABLE without VALIDATING where qualification is switched off.
      case PENDING, IMPORTING -> EnumSet.of(VALIDATING, AVAILABLE, FAILED);
      case CREATING -> EnumSet.of(PENDING, AVAILABLE, FAILED);
      case COPYING -> EnumSet.of(AVAILABLE, FAILED);
      // Back again: after a crash an update or an import starts over.
      case VALIDATING -> EnumSet.of(PENDING, IMPORTING, AVAILABLE, FAILED);
      case AVAILABLE, FAILED -> EnumSet.of(DELETING);
      case DELETING -> EnumSet.noneOf(ImageState.class);
    };
  }

  /**
   * Nothing happens if this may become the other.
   *
   * @throws IllegalStateException if not
   */
  void requireSuccessor(ImageState next) {
    if (!successors().contains(next)) {
      throw new IllegalStateException(
          "An image that is %s cannot become %s.".formatted(this, next));
    }
  }

  /** Whether nobody works on an image in this state. */
  boolean isFinal() {
    return this == AVAILABLE || this == FAILED;
  }
}
