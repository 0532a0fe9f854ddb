package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.db.Database;
import dev.regild.store.ObjectStore;
import dev.regild.store.S3Proxy;
import dev.regild.store.StoreLimits;
import dev.regild.update.store.StoreGarbage;
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
   * Fails with what is wrong. Removes the store's garbage without its grace first, as no job runs:
   * a killed Publish leaves an object of its attempt to the garbage collection.
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
      collectGarbage(cluster);
      assertThat(objects(cluster))
          .as("layers in the store")
          .containsExactlyInAnyOrderElementsOf(query(connection, "SELECT id FROM layer"));
    }
    assertThat(cluster.checkStore(nodes.getFirst()))
        .doesNotContain("MISSING", "CHANGED", "ORPHANED");
    for (String name : nodes) {
      cluster.node(name).assertNothingIsLeft();
    }
  }

  /** The first round records what it finds, and the second one removes it. */
  private static void collectGarbage(TestCluster cluster) throws Exception {
    try (Database database = Database.open(cluster.postgres().address("regild"));
        ObjectStore objects =
            S3Proxy.store(cluster.store().endpoint(), "regild", StoreLimits.DEFAULT)) {
      StoreGarbage garbage = new StoreGarbage(database, objects, Duration.ZERO);
      var _ = garbage.collect();
      var _ = garbage.collect();
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
