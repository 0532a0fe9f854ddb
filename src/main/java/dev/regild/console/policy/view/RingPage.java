package dev.regild.console.policy.view;

import dev.regild.channel.ring.RingMove;
import dev.regild.console.view.Commands;
import java.time.Instant;
import java.util.List;

/**
 * A ring.
 *
 * @param standing the snapshot that it stands on, as a whole; empty if it has none of its own
 * @param back the snapshot to which a rollback goes; empty if there is none
 * @param lines of the account that follow it
 * @param choices lines that could
 * @param moves the newest of them
 * @param count of all promotions and rollbacks
 * @param assigning the form that assigns a line
 * @param changing the form that changes source and gates
 */
public record RingPage(
    RingsPage.Row ring,
    String standing,
    String back,
    List<Line> lines,
    List<String> choices,
    List<RingMove> moves,
    int count,
    boolean operator,
    Fields assigning,
    Fields changing,
    Commands commands,
    Instant now) {

  /** A line that follows the ring. */
  public record Line(String name, int images) {}

  /** Returns who moved the ring, as far as the viewer may know. */
  public String by(RingMove move) {
    return operator ? move.by() : RingMove.AN_OPERATOR;
  }

  public String path(String below) {
    return ring.path(below);
  }
}
