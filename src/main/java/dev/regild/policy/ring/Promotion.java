package dev.regild.policy.ring;

import dev.regild.channel.ring.Ring;
import java.time.Instant;
import java.util.List;

/**
 * What a promotion would do, as far as rings are concerned.
 *
 * @param source the ring that the snapshot comes from
 * @param target the ring that will stand on it
 * @param snapshot its digest
 * @param made when the snapshot was made
 * @param gates what the target asks for
 */
public record Promotion(Ring source, Ring target, String snapshot, Instant made, List<Gate> gates) {

  /**
   * What a promotion asks for.
   *
   * @param open whether it is there
   * @param text what is asked for, and what there is
   */
  public record Gate(boolean open, String text) {}

  /** Returns whether all gates are open. */
  public boolean isAllowed() {
    return gates.stream().allMatch(Gate::open);
  }
}
