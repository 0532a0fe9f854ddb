package dev.regild.job.node;

import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work that recurs, on a thread of its own and on one node at a time. A round that fails is logged,
 * and the next one tries again. The node keeps the turn between rounds, until it stops or meets an
 * error that another node may not meet: it can't reach a store, or lacks memory.
 */
public final class RecurringWork implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RecurringWork.class);

  /** How long {@link #close} waits for a round to notice that it was interrupted. */
  private static final Duration END_LIMIT = Duration.ofSeconds(1);

  private final String name;
  private final Pauses pauses;
  private final Turns turns;
  private final Round round;
  private final Thread thread;

  /** One round of the work. */
  @FunctionalInterface
  public interface Round {
    /**
     * Does what is to be done now.
     *
     * @throws InterruptedException if the work is closed meanwhile
     */
    void run() throws Exception;
  }

  /**
   * How long the work rests.
   *
   * @param first before the first round: while a server starts, its first requests are worth more
   * @param between after one round and before the next
   */
  public record Pauses(Duration first, Duration between) {
    /** The same pause before each round. */
    public static Pauses of(Duration between) {
      return new Pauses(between, between);
    }
  }

  /**
   * Work that mostly waits.
   *
   * @param name of the turn, the same on all nodes; the thread and the log have it too
   * @param turns {@link Turns#ALONE} for what each node does
   */
  public RecurringWork(String name, Pauses pauses, Turns turns, Round round) {
    this(name, pauses, turns, Thread.ofVirtual(), round);
  }

  private RecurringWork(
      String name, Pauses pauses, Turns turns, Thread.Builder threads, Round round) {
    this.name = name;
    this.pauses = pauses;
    this.turns = turns;
    this.round = round;
    this.thread = threads.name(name).unstarted(this::recur);
  }

  /** Work that computes for long: a virtual thread would keep its carrier from others. */
  public static RecurringWork computing(String name, Pauses pauses, Turns turns, Round round) {
    return new RecurringWork(name, pauses, turns, Thread.ofPlatform().daemon(), round);
  }

  /** Starts the rounds, which continue until the work is closed. */
  public void start() {
    thread.start();
  }

  private void recur() {
    try {
      Thread.sleep(pauses.first());
      while (true) {
        once();
        Thread.sleep(pauses.between());
      }
    } catch (InterruptedException e) {
      LOG.debug("{} ends", name);
    }
  }

  /**
   * Runs one round if this node has the turn, and logs what fails.
   *
   * @throws InterruptedException if the round was interrupted
   */
  public void once() throws InterruptedException {
    try {
      if (turns.take(name)) {
        round.run();
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException(name + " was interrupted");
      }
      LOG.atWarn()
          .addKeyValue("work", name)
          .addKeyValue("reason", e.toString())
          .log("recurring work failed and will be tried again");
      if (e instanceof IOException) {
        giveBack();
      }
    } catch (Error e) {
      LOG.atError()
          .addKeyValue("work", name)
          .addKeyValue("reason", e.toString())
          .log("recurring work failed and will be tried again");
      giveBack();
    }
  }

  private void giveBack() {
    try {
      turns.giveBack(name);
    } catch (RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("work", name)
          .addKeyValue("reason", e.toString())
          .log("the turn was not given back");
    }
  }

  /** Interrupts the round, and lets another node have the turn at once. */
  @Override
  public void close() {
    thread.interrupt();
    try {
      if (!thread.isAlive() || thread.join(END_LIMIT)) {
        giveBack();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
