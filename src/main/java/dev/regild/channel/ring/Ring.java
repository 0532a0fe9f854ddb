package dev.regild.channel.ring;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A channel's snapshot as one part of the fleet sees it.
 *
 * @param name unique within the channel
 * @param source the name of the ring whose snapshot is promoted to this one; empty if this one
 *     follows the repositories
 * @param standing where it stands; empty before the first promotion, and if it follows the
 *     repositories
 * @param gates what a promotion to it asks for
 */
public record Ring(
    String id,
    String channel,
    String name,
    Optional<String> source,
    Optional<Standing> standing,
    Gates gates,
    Instant created) {

  /**
   * The snapshot that a ring stands on.
   *
   * @param snapshot its digest
   * @param since when it was promoted
   */
  public record Standing(String snapshot, Instant since) {}

  /**
   * What must hold before a snapshot is promoted.
   *
   * @param qualified how many images of the source ring must have been made from it and qualified
   * @param age how old it must be
   */
  public record Gates(int qualified, Duration age) {
    /** Nothing is asked for. */
    public static final Gates OPEN = new Gates(0, Duration.ZERO);
  }

  /** Returns whether its snapshot is always the channel's current one. */
  public boolean followsRepositories() {
    return source.isEmpty();
  }
}
