package dev.regild.cli.client;

import dev.regild.cli.terminal.Progress;
import java.io.IOException;
import java.time.Duration;

/**
 * Asks a server about work that goes on there, and waits for the server while it does not answer:
 * work survives a restart, so a command that waits for it has to. Only for questions that may be
 * asked twice.
 *
 * @param limit how long it waits for an answer
 */
public record Patience(Progress progress, Duration limit) {
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

  /** Waits for as long as a server may take to restart. */
  public Patience(Progress progress) {
    this(progress, LIMIT);
  }

  /** A question that a server answers. */
  @FunctionalInterface
  public interface Question<T> {
    T ask() throws ServerRefusalException, IOException, InterruptedException;
  }

  /**
   * Returns the server's answer, after a restart if there is one.
   *
   * @throws IOException if the server does not answer within the limit
   * @throws ServerRefusalException if the server refuses, other than because it starts or is busy
   */
  public <T> T ask(Question<T> question)
      throws ServerRefusalException, IOException, InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    boolean told = false;
    Duration pause = SHORTEST_PAUSE;
    while (true) {
      try {
        return question.ask();
      } catch (IOException e) {
        requireTime(deadline, e);
      } catch (ServerRefusalException e) {
        if (!e.isTemporary()) {
          throw e;
        }
        requireTime(deadline, e);
      }
      if (!told) {
        progress.done("The server does not respond; waiting for it.");
        told = true;
      }
      Thread.sleep(pause);
      pause = pause.multipliedBy(2);
      if (pause.compareTo(LONGEST_PAUSE) > 0) {
        pause = LONGEST_PAUSE;
      }
    }
  }

  private static <E extends Exception> void requireTime(long deadline, E failure) throws E {
    if (System.nanoTime() > deadline) {
      throw failure;
    }
  }
}
