package dev.regild.job.node;

import dev.regild.db.DatabaseTime;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The rows of nodes. Times are the database's. Each call takes the caller's handle. */
final class NodeRecords {
  /** After this time, a node that is not there is forgotten. */
  private static final Duration REMEMBERED = Duration.ofDays(7);

  private NodeRecords() {}

  /**
   * Writes the node's row, in place of the one of an earlier process. Whether the node drains stays
   * as it was.
   *
   * @throws NodeRefusedException if another node of that name is alive, or another node has its
   *     layers elsewhere
   */
  static void claim(Handle handle, NodeFacts facts, NodeFacts.Condition condition)
      throws NodeRefusedException {
    Instant now = DatabaseTime.now(handle);
    List<Node> others =
        list(handle).stream().filter(node -> node.state() == Node.State.RUNNING).toList();
    requireFreeName(handle, facts, others);
    requireSameStore(facts, others);
    handle
        .createUpdate(
            "DELETE FROM node WHERE name = :name AND directory <> :directory"
                + " OR heartbeat < :forgotten")
        .bind("name", facts.name())
        .bind("directory", facts.directory())
        .bind("forgotten", now.minus(REMEMBERED).toEpochMilli())
        .execute();
    handle
        .createUpdate(
            """
            INSERT INTO node (
              name, directory, instance, host, version, role, since, heartbeat, stopped, workers,
              abilities, free_bytes, accelerator, isolation, store)
            VALUES (
              :name, :directory, :instance, :host, :version, :role, :now, :now, 0, :workers,
              :abilities, :free, :accelerator, :isolation, :store)
            ON CONFLICT (name) DO UPDATE SET
              instance = :instance, host = :host, version = :version, role = :role, since = :now,
              heartbeat = :now, stopped = 0, workers = :workers, abilities = :abilities,
              free_bytes = :free, accelerator = :accelerator, isolation = :isolation, store = :store
            """)
        .bind("name", facts.name())
        .bind("directory", facts.directory())
        .bind("instance", facts.instance())
        .bind("host", facts.host())
        .bind("version", facts.version())
        .bind("role", facts.role())
        .bind("now", now.toEpochMilli())
        .bind("workers", facts.workers())
        .bind("abilities", Ability.bits(condition.abilities()))
        .bind("free", condition.freeBytes())
        .bind("accelerator", condition.accelerator())
        .bind("isolation", facts.isolation())
        .bind("store", facts.store().orElse(""))
        .execute();
  }

  private static void requireFreeName(Handle handle, NodeFacts facts, List<Node> others)
      throws NodeRefusedException {
    Optional<Node> named =
        others.stream().filter(node -> node.name().equals(facts.name())).findFirst();
    if (named.isPresent() && !directory(handle, facts.name()).equals(facts.directory())) {
      throw new NodeRefusedException(
          "node.name is '%s', but a node of that name runs on the host %s; choose another name, or stop that node and wait %d s"
              .formatted(facts.name(), named.get().host(), Node.DEAD_AFTER.toSeconds()));
    }
  }

  private static String directory(Handle handle, String name) {
    return handle
        .createQuery("SELECT directory FROM node WHERE name = :name")
        .bind("name", name)
        .mapTo(String.class)
        .one();
  }

  private static void requireSameStore(NodeFacts facts, List<Node> others)
      throws NodeRefusedException {
    for (Node other : others) {
      if (!other.name().equals(facts.name())
          && (facts.store().isEmpty() || other.store().isEmpty())) {
        throw new NodeRefusedException(
            facts.store().isEmpty()
                ? "store is not set, but the node %s runs on the same database; set the same store on all nodes"
                    .formatted(other.name())
                : "the node %s runs on the same database without store; set the same store on all nodes"
                    .formatted(other.name()));
      }
    }
  }

  /**
   * Renews the node's heartbeat.
   *
   * @return whether the row is still this process's
   */
  static boolean beat(Handle handle, NodeFacts facts, NodeFacts.Condition condition) {
    return handle
            .createUpdate(
                """
                UPDATE node
                   SET heartbeat = :now, abilities = :abilities, free_bytes = :free,
                       accelerator = :accelerator
                 WHERE name = :name AND instance = :instance
                """)
            .bind("now", DatabaseTime.now(handle).toEpochMilli())
            .bind("abilities", Ability.bits(condition.abilities()))
            .bind("free", condition.freeBytes())
            .bind("accelerator", condition.accelerator())
            .bind("name", facts.name())
            .bind("instance", facts.instance())
            .execute()
        == 1;
  }

  /** Says that the node was stopped in order; its turns are free. */
  static void stop(Handle handle, NodeFacts facts) {
    handle
        .createUpdate("UPDATE node SET stopped = :now WHERE name = :name AND instance = :instance")
        .bind("now", DatabaseTime.now(handle).toEpochMilli())
        .bind("name", facts.name())
        .bind("instance", facts.instance())
        .execute();
  }

  /**
   * Has a node take no new jobs, or take them again.
   *
   * @return whether there is a node of that name
   */
  static boolean setDraining(Handle handle, String name, boolean draining) {
    return handle
            .createUpdate("UPDATE node SET draining = :draining WHERE name = :name")
            .bind("draining", draining)
            .bind("name", name)
            .execute()
        == 1;
  }

  /** Returns all nodes, by name. */
  static List<Node> list(Handle handle) {
    Instant now = DatabaseTime.now(handle);
    return handle
        .createQuery(
            """
            SELECT node.*,
                   (SELECT COUNT(*) FROM scheduled_tasks
                     WHERE picked = TRUE AND picked_by = node.name) AS jobs
              FROM node ORDER BY name
            """)
        .map((row, _) -> node(row, now))
        .list();
  }

  private static Node node(ResultSet row, Instant now) throws SQLException {
    Instant heartbeat = Instant.ofEpochMilli(row.getLong("heartbeat"));
    String store = row.getString("store");
    return new Node(
        row.getString("name"),
        row.getString("host"),
        row.getString("version"),
        row.getString("role"),
        Instant.ofEpochMilli(row.getLong("since")),
        heartbeat,
        state(row.getLong("stopped"), heartbeat, now),
        row.getBoolean("draining"),
        row.getInt("workers"),
        row.getInt("jobs"),
        row.getLong("abilities"),
        row.getLong("free_bytes"),
        row.getString("accelerator"),
        row.getString("isolation"),
        Optional.of(store).filter(it -> !it.isEmpty()));
  }

  private static Node.State state(long stopped, Instant heartbeat, Instant now) {
    if (stopped != 0) {
      return Node.State.STOPPED;
    }
    return heartbeat.isAfter(now.minus(Node.DEAD_AFTER)) ? Node.State.RUNNING : Node.State.DEAD;
  }
}
