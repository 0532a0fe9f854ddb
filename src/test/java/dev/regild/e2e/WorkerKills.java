package dev.regild.e2e;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import tools.jackson.databind.JsonNode;

/**
 * Kills workers in the midst of steps, one or several at a time. Two other nodes, which take no
 * jobs until then, end the updates, so that the leases of all run out in one wait.
 */
final class WorkerKills {
  private static final List<String> SURVIVORS = List.of("a", "b");
  private static final List<String> VICTIMS = List.of("c", "d", "e");
  static final int MOST_AT_ONCE = VICTIMS.size();

  /** Takes one update, so that each has one. */
  private static final Map<String, String> ONE_WORKER = Map.of("REGILD_WORKERS", "1");

  private final Path directory;
  private final List<String> steps;
  private final List<String> victims;

  /**
   * @param steps in each of which a worker is killed; a step may be there several times
   * @param atOnce how many are killed at a time, at most {@link #MOST_AT_ONCE}
   */
  WorkerKills(Path directory, List<String> steps, int atOnce) {
    this.directory = directory;
    this.steps = steps;
    this.victims = VICTIMS.subList(0, atOnce);
  }

  /** What a kill led to, in seconds after the lease's end. */
  private record Ended(double taken, double available) {}

  String run() throws Exception {
    List<Ended> all = new ArrayList<>();
    try (TestCluster cluster = TestCluster.start(directory, SURVIVORS)) {
      cluster.importBase(cluster.node("a"));
      for (String victim : victims) {
        cluster.start(victim, List.of(), ONE_WORKER);
      }
      for (int i = 0; i < steps.size(); i += victims.size()) {
        all.addAll(kill(cluster, i, steps.subList(i, Math.min(steps.size(), i + victims.size()))));
      }
      RegistryCheck.requireSound(cluster, cluster.names(), 1 + steps.size());
    }
    return String.format(
        Locale.ROOT,
        "%d kills, %d at a time, in %s: all AVAILABLE elsewhere; after its lease's end, each was"
            + " taken over within %.1f s and AVAILABLE within %.1f s",
        steps.size(),
        victims.size(),
        String.join(", ", new LinkedHashSet<>(steps)),
        all.stream().mapToDouble(Ended::taken).max().orElseThrow(),
        all.stream().mapToDouble(Ended::available).max().orElseThrow());
  }

  private List<Ended> kill(TestCluster cluster, int number, List<String> steps) throws Exception {
    FaultsBench.drain(cluster, SURVIVORS, "drain");
    Map<String, String> images = new LinkedHashMap<>();
    for (String step : steps) {
      String image = "killed-" + (number + images.size()) + "-" + step.toLowerCase(Locale.ROOT);
      images.put(image, step);
      TestCluster.update(cluster.node("a"), image);
    }
    Map<String, Instant> leaseEnds = new HashMap<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Map<String, Future<Instant>> kills = new HashMap<>();
      images.forEach(
          (image, step) -> kills.put(image, threads.submit(() -> kill(cluster, image, step))));
      for (Map.Entry<String, Future<Instant>> kill : kills.entrySet()) {
        leaseEnds.put(kill.getKey(), kill.getValue().get());
      }
    }
    FaultsBench.drain(cluster, SURVIVORS, "resume");
    List<Ended> ended = new ArrayList<>();
    for (String image : images.keySet()) {
      Ended each = ended(cluster, image, leaseEnds.get(image));
      ended.add(each);
      FaultsBench.OUT.printf(
          Locale.ROOT,
          "  %s: taken over %.1f s, AVAILABLE %.1f s after the lease's end%n",
          image,
          each.taken,
          each.available);
    }
    for (String victim : victims) {
      cluster.start(victim, List.of(), ONE_WORKER).assertNothingIsLeft();
    }
    return ended;
  }

  /** Returns when the lease of the job ends. */
  private static Instant kill(TestCluster cluster, String image, String step) throws Exception {
    String node = cluster.awaitStep(image, step);
    UpdatableBase.awaitMidst(cluster.node(node), image, step);
    cluster.node(node).kill();
    return lastHeartbeat(cluster, image).plus(FaultsBench.LEASE);
  }

  private static Instant lastHeartbeat(TestCluster cluster, String image) throws SQLException {
    try (Connection connection = cluster.postgres().connect("regild");
        PreparedStatement query =
            connection.prepareStatement(
                """
                SELECT last_heartbeat FROM scheduled_tasks
                  JOIN image ON image.id = task_instance
                 WHERE name = ?
                """)) {
      query.setString(1, image);
      try (ResultSet rows = query.executeQuery()) {
        FaultsBench.require(rows.next(), image + " ended before its worker was killed");
        return rows.getTimestamp(1).toInstant();
      }
    }
  }

  private static Ended ended(TestCluster cluster, String image, Instant leaseEnd) throws Exception {
    FaultsBench.available(cluster, "a", image);
    JsonNode update = cluster.node("a").get("/regild/v1/updates/" + image).body();
    FaultsBench.require(update.path("attempt").asInt() == 2, "not the second attempt: " + update);
    return new Ended(
        seconds(leaseEnd, update.path("steps").path(0).path("started")),
        seconds(leaseEnd, update.path("ended")));
  }

  private static double seconds(Instant from, JsonNode to) {
    return Duration.between(from, Instant.parse(to.asString())).toMillis() / 1e3;
  }
}
