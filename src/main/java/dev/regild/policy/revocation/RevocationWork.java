package dev.regild.policy.revocation;

import dev.regild.job.node.Turns;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Marks, every 20 s, the images that have come since and that a revocation is about. Of several
 * nodes, one does it.
 */
public final class RevocationWork implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RevocationWork.class);
  private static final String TURN = "revocation";
  private static final Duration BETWEEN = Duration.ofSeconds(20);

  private final Revocations revocations;
  private final Turns turns;
  private final Thread thread = Thread.ofVirtual().name("revocation").unstarted(this::work);

  public RevocationWork(Revocations revocations, Turns turns) {
    this.revocations = revocations;
    this.turns = turns;
  }

  /** Starts, and works until it is closed. */
  public void start() {
    thread.start();
  }

  private void work() {
    try {
      while (true) {
        Thread.sleep(BETWEEN);
        inTurn();
      }
    } catch (InterruptedException e) {
      LOG.debug("the revocation ends");
    }
  }

  private void inTurn() {
    try {
      if (turns.take(TURN)) {
        try {
          revocations.markNew();
        } finally {
          turns.giveBack(TURN);
        }
      }
    } catch (RuntimeException e) {
      LOG.atWarn().addKeyValue("reason", e.toString()).log("new images were not revoked");
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
