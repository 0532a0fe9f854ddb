package dev.regild.job.node;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A process that shares the database with others, as its row says.
 *
 * @param host where it runs
 * @param version of Regild
 * @param role "serve", "serve --no-jobs" or "worker"
 * @param since when it was started
 * @param heartbeat when it was last heard of
 * @param state whether it is there
 * @param draining whether it takes no new jobs
 * @param workers how many jobs it runs at once; 0 if it runs none
 * @param jobs how many it runs now
 * @param abilities what it can do, one bit for each {@link Ability}; newer nodes have unknown ones
 * @param freeBytes of the file system for its jobs
 * @param accelerator {@code KVM}, {@code TCG}, or {@code unknown} until it was tried
 * @param isolation of the updates that it accepts and makes
 * @param store where its layers are
 */
public record Node(
    String name,
    String host,
    String version,
    String role,
    Instant since,
    Instant heartbeat,
    State state,
    boolean draining,
    int workers,
    int jobs,
    long abilities,
    long freeBytes,
    String accelerator,
    String isolation,
    Optional<String> store) {
  /** How often a node's row is renewed. */
  public static final Duration HEARTBEAT = Duration.ofSeconds(10);

  /** After this time without a heartbeat, a node counts as dead. */
  public static final Duration DEAD_AFTER = HEARTBEAT.multipliedBy(4);

  /** Whether it runs jobs, and would take new ones. */
  public boolean takesJobs() {
    return state == State.RUNNING && workers > 0 && !draining;
  }

  /** Whether a node is there. */
  public enum State {
    RUNNING,
    /** It was stopped in order. */
    STOPPED,
    /** Its heartbeat has stopped. */
    DEAD
  }
}
