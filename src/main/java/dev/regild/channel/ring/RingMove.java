package dev.regild.channel.ring;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * A promotion or a rollback of a ring.
 *
 * @param number counts the moves of a ring, from 1
 * @param source the ring that the snapshot came from; empty for a rollback
 * @param from the digest of the snapshot that the ring stood on; empty if it stood on none
 * @param to the digest of the snapshot that it stands on since; empty if on none
 * @param by the access key or the policy
 * @param override why a gate was overridden; empty if none was
 */
public record RingMove(
    int number,
    Act act,
    Optional<String> source,
    Optional<String> from,
    Optional<String> to,
    Instant moved,
    String by,
    String override) {

  /** What accounts that operate nothing see in place of {@link #by}. */
  public static final String AN_OPERATOR = "an operator";

  /** What moved it. */
  public enum Act {
    PROMOTE,
    ROLLBACK
  }

  /**
   * Returns the snapshot to which a rollback goes: a rollback takes back the last promotion that
   * was not taken back.
   *
   * @param moves of a ring, the newest first
   * @return empty if no promotion is left, or the last one was the first
   */
  public static Optional<String> before(List<RingMove> moves) {
    Deque<RingMove> promotions = new ArrayDeque<>();
    for (RingMove each : moves.reversed()) {
      switch (each.act()) {
        case PROMOTE -> promotions.push(each);
        case ROLLBACK -> promotions.poll();
      }
    }
    return Optional.ofNullable(promotions.peek()).flatMap(RingMove::from);
  }
}
