package dev.regild.job.node;

/**
 * What one node at a time does: refreshing a channel, collecting garbage. A node keeps its turn
 * until it gives it back, it stops or its heartbeat has stopped.
 */
public interface Turns {
  /** Of a server that is alone. */
  Turns ALONE =
      new Turns() {
        @Override
        public boolean take(String name) {
          return true;
        }

        @Override
        public void giveBack(String name) {}
      };

  /**
   * Takes a turn, unless another node has it.
   *
   * @return whether this node has it now
   */
  boolean take(String name);

  /** Gives a turn back that this node has. */
  void giveBack(String name);
}
