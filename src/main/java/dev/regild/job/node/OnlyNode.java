package dev.regild.job.node;

import dev.regild.db.JobQueue;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;

/**
 * The only server of an embedded database. It keeps no row, and forgets that it drains when it
 * stops.
 */
public final class OnlyNode implements Nodes {
  private final Supplier<NodeFacts> facts;
  private final Supplier<NodeFacts.Condition> condition;
  private final JobQueue jobs;
  private final Clock clock;
  private final Instant since;
  private volatile boolean draining;

  /**
   * @param facts asked for when somebody wants to see the node
   * @param condition the same
   */
  public OnlyNode(
      Supplier<NodeFacts> facts,
      Supplier<NodeFacts.Condition> condition,
      JobQueue jobs,
      Clock clock) {
    this.facts = facts;
    this.condition = condition;
    this.jobs = jobs;
    this.clock = clock;
    this.since = clock.instant();
  }

  @Override
  public List<Node> list() {
    NodeFacts known = facts.get();
    NodeFacts.Condition now = condition.get();
    return List.of(
        new Node(
            known.name(),
            known.host(),
            known.version(),
            known.role(),
            since,
            clock.instant(),
            Node.State.RUNNING,
            draining,
            known.workers(),
            jobs.running(),
            Ability.bits(now.abilities()),
            now.freeBytes(),
            now.accelerator(),
            known.isolation(),
            known.store()));
  }

  @Override
  public boolean setDraining(String name, boolean draining) {
    if (!facts.get().name().equals(name)) {
      return false;
    }
    this.draining = draining;
    if (draining) {
      jobs.pause();
    } else {
      jobs.resume();
    }
    return true;
  }

  @Override
  public Optional<String> waiting(Handle handle, String job) {
    return draining && isWaiting(handle, job)
        ? Optional.of(
            "Waiting: the server is drained. Have it take jobs again: regild nodes resume %s."
                .formatted(facts.get().name()))
        : Optional.empty();
  }

  private static boolean isWaiting(Handle handle, String job) {
    return handle
        .createQuery(
            """
            SELECT 1 FROM scheduled_tasks
             WHERE picked = FALSE
               AND (task_instance = :job OR task_instance LIKE :job || '/%')
            """)
        .bind("job", job)
        .mapTo(Integer.class)
        .findFirst()
        .isPresent();
  }
}
