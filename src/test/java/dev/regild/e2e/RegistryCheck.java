package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A look at the whole registry and the whole store after faults, when no job should be left. */
final class RegistryCheck {
  private static final Duration SETTLED = Duration.ofMinutes(2);

  /** What there must be no row of, in words. */
  private static final Map<String, String> NONE =
      new TreeMap<>(
          Map.of(
              "images that are neither there nor failed",
              "SELECT name FROM image WHERE state NOT IN ('AVAILABLE', 'FAILED')",
              "failed images without a reason",
              "SELECT name FROM image WHERE state = 'FAILED' AND COALESCE(reason_message, '') = ''",
              "images without their layer",
              "SELECT name FROM image WHERE state = 'AVAILABLE' AND layer_id IS NULL",
              "layers of two images",
              "SELECT layer_id FROM image WHERE layer_id IS NOT NULL GROUP BY layer_id HAVING COUNT(*) > 1",
              "layers of no image",
              "SELECT id FROM layer WHERE id NOT IN (SELECT layer_id FROM image WHERE layer_id IS NOT NULL) AND id NOT IN (SELECT base_id FROM layer WHERE base_id IS NOT NULL)",
              "image builders",
              "SELECT name FROM image_builder",
              "jobs",
              "SELECT task_name || ' ' || task_instance FROM scheduled_tasks",
              "steps that run",
              "SELECT name FROM job_step WHERE status = 'RUNNING'"));

  private RegistryCheck() {}

  /**
   * Fails with what is wrong.
   *
   * @param nodes that run
   * @param available how many images must be there
   */
  static void requireSound(TestCluster cluster, List<String> nodes, int available)
      throws Exception {
    try (Connection connection = cluster.postgres().connect("regild")) {
      awaitNone(connection);
      assertThat(query(connection, "SELECT name FROM image WHERE state = 'AVAILABLE'"))
          .as("images that are there")
          .hasSize(available);
      assertThat(objects(cluster))
          .as("layers in the store")
          .containsExactlyInAnyOrderElementsOf(query(connection, "SELECT id FROM layer"));
    }
    cluster.requireSoundStore(nodes.getFirst());
    for (String name : nodes) {
      cluster.node(name).assertNothingIsLeft();
    }
  }

  /** A job's row goes a moment after its outcome is there. */
  private static void awaitNone(Connection connection) throws Exception {
    long deadline = System.nanoTime() + SETTLED.toNanos();
    while (true) {
      Map<String, List<String>> found = new TreeMap<>();
      for (Map.Entry<String, String> each : NONE.entrySet()) {
        List<String> rows = query(connection, each.getValue());
        if (!rows.isEmpty()) {
          found.put(each.getKey(), rows);
        }
      }
      if (found.isEmpty()) {
        return;
      }
      assertThat(System.nanoTime()).as("%s", found).isLessThan(deadline);
      Thread.sleep(500);
    }
  }

  private static List<String> query(Connection connection, String sql) throws Exception {
    List<String> found = new ArrayList<>();
    try (var statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        found.add(rows.getString(1));
      }
    }
    return found;
  }

  /** The layers whose objects are in the store; more than one object of a layer shows twice. */
  private static List<String> objects(TestCluster cluster) throws Exception {
    return cluster.layers().stream().map(key -> key.split("/", -1)[2]).toList();
  }
}
