package dev.regild.db;

import dev.regild.db.JobQueue.Running;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after the jobs that this node runs, for what other nodes do to them: somebody cancelled
 * one, or another attempt has begun because this node seemed dead. One query a second while jobs
 * run. Every two seconds it also looks for jobs of dead nodes.
 */
final class JobWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JobWatch.class);
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final int LOOKS_FOR_DEAD = 2;

  private final Database database;
  private final String node;
  private final Supplier<Collection<Running>> here;
  private final DeadExecutions dead;
  private final Runnable due;
  private final Thread thread = Thread.ofVirtual().name("job-watch").unstarted(this::run);

  private JobWatch(
      Database database,
      String node,
      Supplier<Collection<Running>> here,
      DeadExecutions dead,
      Runnable due) {
    this.database = database;
    this.node = node;
    this.here = here;
    this.dead = dead;
    this.due = due;
  }

  /**
   * Starts looking, until it is closed.
   *
   * @param here what the process runs at the moment
   * @param due is told when jobs of dead nodes are due
   */
  static JobWatch start(
      Database database,
      String node,
      Supplier<Collection<Running>> here,
      DeadExecutions dead,
      Runnable due) {
    JobWatch watch = new JobWatch(database, node, here, dead, due);
    watch.thread.start();
    return watch;
  }

  private void run() {
    try {
      for (int looks = 1; ; looks++) {
        Thread.sleep(LOOK);
        List<Running> running = List.copyOf(here.get());
        if (!running.isEmpty()) {
          look(running);
        }
        if (looks % LOOKS_FOR_DEAD == 0) {
          lookForDead();
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("nobody looks after the jobs any more");
    }
  }

  private void look(List<Running> running) {
    try {
      Map<Lease, Boolean> held = held();
      for (Running each : running) {
        Lease lease = each.lease();
        if (!held.containsKey(lease)) {
          // An attempt that has just ended leaves the list before its row goes.
          if (here.get().contains(each)) {
            each.job().lose(lease.id());
          }
        } else if (held.get(lease)) {
          each.job().cancel(lease.id());
        }
      }
    } catch (RuntimeException e) {
      LOG.debug("cannot look after the running jobs: {}", e.getMessage());
    }
  }

  private void lookForDead() {
    try {
      if (dead.revive()) {
        due.run();
      }
    } catch (RuntimeException e) {
      LOG.debug("cannot look for jobs of dead nodes: {}", e.getMessage());
    }
  }

  /** The leases that this node holds, and whether the job of each was cancelled. */
  private Map<Lease, Boolean> held() {
    return database.read(handle -> {
      Map<Lease, Boolean> held = new HashMap<>();
      handle
          .createQuery(
              """
              SELECT task_name, task_instance, version, cancelled FROM scheduled_tasks
               WHERE picked = TRUE AND picked_by = :node
              """)
          .bind("node", node)
          .map((row, _) ->
              Map.entry(
                  new Lease(
                      row.getString("task_name"),
                      row.getString("task_instance"),
                      row.getLong("version"),
                      node),
                  row.getBoolean("cancelled")))
          .forEach(entry -> held.put(entry.getKey(), entry.getValue()));
      return held;
    });
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
