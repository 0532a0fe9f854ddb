package dev.regild.policy.line;

import java.time.Instant;
import java.util.Optional;

/**
 * A move of an alias.
 *
 * @param number of the alias's moves, from 1
 * @param imageId what the alias named from then on; empty if it was removed
 * @param imageName the image's name
 * @param by the access key or the policy that moved it
 */
public record AliasMove(
    int number,
    Act act,
    Optional<String> imageId,
    Optional<String> imageName,
    Instant moved,
    String by) {

  /** How an alias moves. */
  public enum Act {
    SET,
    ROLLBACK,
    REMOVE
  }
}
