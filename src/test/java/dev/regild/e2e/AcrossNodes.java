package dev.regild.e2e;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/**
 * How soon a node starts what another one has accepted, and ends what is cancelled at another one,
 * in each step.
 */
final class AcrossNodes {
  private static final String FRONT = "front";
  private static final String WORKER = "worker";
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Path directory;

  AcrossNodes(Path directory) {
    this.directory = directory;
  }

  String run() throws Exception {
    double slowestStart = 0;
    double slowestEnd = 0;
    int available = 1;
    try (TestCluster cluster = TestCluster.start(directory, List.of(FRONT, WORKER))) {
      cluster.importBase(cluster.node(FRONT));
      FaultsBench.drain(cluster, List.of(FRONT), "drain");
      for (String step : UpdatableBase.STEPS) {
        String image = "cancelled-in-" + step.toLowerCase(Locale.ROOT);
        TestCluster.update(cluster.node(FRONT), image);
        long accepted = System.nanoTime();
        cluster.node(WORKER).awaitStep(image, "Prepare");
        double start = seconds(accepted);
        slowestStart = Math.max(slowestStart, start);
        UpdatableBase.awaitMidst(cluster.node(WORKER), image, step);
        double end = cancel(cluster, image);
        slowestEnd = Math.max(slowestEnd, end);
        boolean late =
            cluster.node(FRONT).awaitEnd(image).path("State").asString().equals("AVAILABLE");
        available += late ? 1 : 0;
        FaultsBench.OUT.printf(
            Locale.ROOT,
            "  %s: started after %.1f s, %s%n",
            step,
            start,
            late ? "was over" : "ended after %.1f s".formatted(end));
      }
      RegistryCheck.requireSound(cluster, cluster.names(), available);
    }
    return String.format(
        Locale.ROOT,
        "a job of another node starts within %.1f s (goal 1); one that is cancelled there ends within"
            + " %.1f s (goal 5), in each of %d steps",
        slowestStart,
        slowestEnd,
        UpdatableBase.STEPS.size());
  }

  /** Cancels an update at the other node, and returns how long its worker still has it. */
  private static double cancel(TestCluster cluster, String image) throws Exception {
    long start = System.nanoTime();
    var _ = cluster.node(FRONT).post("/regild/v1/images/" + image + "/cancel");
    while (jobs(cluster) > 0) {
      FaultsBench.require(seconds(start) < LIMIT.toSeconds(), image + " does not end");
      Thread.sleep(50);
    }
    return seconds(start);
  }

  private static int jobs(TestCluster cluster) throws Exception {
    JsonNode nodes = cluster.node(FRONT).get("/regild/v1/nodes").body().path("nodes");
    return nodes
        .valueStream()
        .filter(node -> node.path("name").asString().equals(WORKER))
        .mapToInt(node -> node.path("jobs").asInt())
        .sum();
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
