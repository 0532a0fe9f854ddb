package dev.regild.job.node;

import dev.regild.db.Database;
import dev.regild.db.JobNeeds;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;

/** Nodes that share a database. */
public record SharedNodes(Database database) implements Nodes {
  @Override
  public List<Node> list() {
    return database.read(NodeRecords::list);
  }

  @Override
  public boolean setDraining(String name, boolean draining) {
    return database.inTransaction(handle -> NodeRecords.setDraining(handle, name, draining));
  }

  @Override
  public Optional<String> waiting(Handle handle, String job) {
    return needs(handle, job).flatMap(needs -> waiting(NodeRecords.list(handle), needs));
  }

  /** An import's job has the id of its image and that of its disk. */
  private static Optional<JobNeeds> needs(Handle handle, String job) {
    return handle
        .createQuery(
            """
            SELECT needs, needs_bytes FROM scheduled_tasks
             WHERE picked = FALSE
               AND (task_instance = :job OR task_instance LIKE :job || '/%')
            """)
        .bind("job", job)
        .map((row, _) -> new JobNeeds(row.getLong("needs"), row.getLong("needs_bytes")))
        .findFirst();
  }

  static Optional<String> waiting(List<Node> all, JobNeeds needs) {
    List<Node> working =
        all.stream()
            .filter(node -> node.state() == Node.State.RUNNING && node.workers() > 0)
            .toList();
    if (working.isEmpty()) {
      return Optional.of("Waiting: no node that runs jobs is up. Start one: regild worker.");
    }
    List<Node> able = only(working, node -> (needs.abilities() & ~node.abilities()) == 0);
    if (able.isEmpty()) {
      return Optional.of(missing(working, needs.abilities()));
    }
    List<Node> roomy = only(able, node -> node.freeBytes() >= needs.bytes());
    if (roomy.isEmpty()) {
      return Optional.of(
          "Waiting: the job needs %d MiB, and no running node that can do it has as much room. Free some space on one, or start another node."
              .formatted((needs.bytes() >> 20) + 1));
    }
    return only(roomy, node -> !node.draining()).isEmpty()
        ? Optional.of(
            "Waiting: each running node that can do the job is drained. Have one take jobs again: regild nodes resume %s."
                .formatted(roomy.getFirst().name()))
        : Optional.empty();
  }

  /** Returns what no node has, or else what the node lacks that lacks least. */
  private static String missing(List<Node> nodes, long needed) {
    long nowhere =
        nodes.stream().mapToLong(node -> ~node.abilities()).reduce(needed, (a, b) -> a & b);
    if (nowhere != 0) {
      return "Waiting: no running node has %s. Start one that has; regild nodes shows what each can do."
          .formatted(Ability.inWords(nowhere));
    }
    Node closest =
        nodes.stream().min(Comparator.comparingInt(node -> lacks(node, needed))).orElseThrow();
    return "Waiting: no running node has all that the job needs; %s lacks only %s. Add it there, or start a node that has everything."
        .formatted(closest.name(), Ability.inWords(needed & ~closest.abilities()));
  }

  private static int lacks(Node node, long needed) {
    return Long.bitCount(needed & ~node.abilities());
  }

  private static List<Node> only(List<Node> nodes, Predicate<Node> fit) {
    return nodes.stream().filter(fit).toList();
  }
}
