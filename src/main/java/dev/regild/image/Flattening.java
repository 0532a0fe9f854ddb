package dev.regild.image;

import java.time.Instant;
import java.util.Optional;

/**
 * The making of one layer in the place of a chain of layers.
 *
 * @param id of the job, and of the new layer
 * @param imageId the image
 * @param imageName its name when this was asked for
 * @param oldLayer the top of the chain
 * @param depth how many layers the chain has
 * @param state how it stands
 * @param failure why it FAILED
 * @param created when it was asked for, in whole milliseconds
 */
public record Flattening(
    String id,
    String imageId,
    String imageName,
    String oldLayer,
    int depth,
    State state,
    Optional<String> failure,
    Instant created) {
  /** How one stands. */
  public enum State {
    FLATTENING,
    FLATTENED,
    FAILED
  }
}
