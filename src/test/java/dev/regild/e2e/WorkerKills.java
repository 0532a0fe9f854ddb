package dev.regild.e2e;

import java.nio.file.Path;
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
 * Kills workers in the midst of steps, three at a time. Two other nodes, which take no jobs until
 * then, end the updates, so that the leases of all three run out in one wait.
 */
final class WorkerKills {
  private static final List<String> SURVIVORS = List.of("a", "b");
  private static final List<String> VICTIMS = List.of("c", "d", "e");

  /** Takes one update, so that each has one. */
  private static final Map<String, String> ONE_WORKER = Map.of("REGILD_WORKERS", "1");

  private final Path directory;
  private final List<String> steps;

  /**
   * @param steps in each of which a worker is killed; a step may be there several times
   */
  WorkerKills(Path directory, List<String> steps) {
    this.directory = directory;
    this.steps = steps;
  }

  /** What a kill led to, in seconds after the lease's end. */
  private record Ended(double taken, double available) {}

  String run() throws Exception {
    List<Ended> all = new ArrayList<>();
    try (TestCluster cluster = TestCluster.start(directory, SURVIVORS)) {
      cluster.importBase(cluster.node("a"));
      for (String victim : VICTIMS) {
        cluster.start(victim, List.of(), ONE_WORKER);
      }
      for (int i = 0; i < steps.size(); i += VICTIMS.size()) {
        all.addAll(kill(cluster, i, steps.subList(i, Math.min(steps.size(), i + VICTIMS.size()))));
      }
      RegistryCheck.requireSound(cluster, cluster.names(), 1 + steps.size());
    }
    return String.format(
        Locale.ROOT,
        "%d kills in %s: all AVAILABLE elsewhere; the first of three was taken over %.1f s after its"
            + " lease's end at most, the last of three AVAILABLE %.1f s after it",
        steps.size(),
        String.join(", ", new LinkedHashSet<>(steps)),
        first(all),
        all.stream().mapToDouble(Ended::available).max().orElseThrow());
  }

  /** A survivor takes one of the three after the other, so that only the first one tells. */
  private static double first(List<Ended> all) {
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < all.size(); i += VICTIMS.size()) {
      most =
          Math.max(
              most,
              all.subList(i, Math.min(all.size(), i + VICTIMS.size())).stream()
                  .mapToDouble(Ended::taken)
                  .min()
                  .orElseThrow());
    }
    return most;
  }

  private static List<Ended> kill(TestCluster cluster, int number, List<String> steps)
      throws Exception {
    FaultsBench.drain(cluster, SURVIVORS, "drain");
    Map<String, String> images = new LinkedHashMap<>();
    for (String step : steps) {
      String image = "killed-" + (number + images.size()) + "-" + step.toLowerCase(Locale.ROOT);
      images.put(image, step);
      TestCluster.update(cluster.node("a"), image);
    }
    Map<String, Instant> killed = new HashMap<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Map<String, Future<Instant>> kills = new HashMap<>();
      images.forEach(
          (image, step) -> kills.put(image, threads.submit(() -> kill(cluster, image, step))));
      for (Map.Entry<String, Future<Instant>> kill : kills.entrySet()) {
        killed.put(kill.getKey(), kill.getValue().get());
      }
    }
    FaultsBench.drain(cluster, SURVIVORS, "resume");
    List<Ended> ended = new ArrayList<>();
    for (String image : images.keySet()) {
      Ended each = ended(cluster, image, killed.get(image));
      ended.add(each);
      FaultsBench.OUT.printf(
          Locale.ROOT,
          "  %s: taken over %.1f s, AVAILABLE %.1f s after the lease's end%n",
          image,
          each.taken,
          each.available);
    }
    for (String victim : VICTIMS) {
      cluster.start(victim, List.of(), ONE_WORKER).assertNothingIsLeft();
    }
    return ended;
  }

  /** Returns when. */
  private static Instant kill(TestCluster cluster, String image, String step) throws Exception {
    String node = cluster.awaitStep(image, step);
    UpdatableBase.awaitMidst(cluster.node(node), image, step);
    cluster.node(node).kill();
    return Instant.now();
  }

  private static Ended ended(TestCluster cluster, String image, Instant killed) throws Exception {
    FaultsBench.available(cluster, "a", image);
    JsonNode update = cluster.node("a").get("/regild/v1/updates/" + image).body();
    FaultsBench.require(update.path("attempt").asInt() == 2, "not the second attempt: " + update);
    Instant leaseEnd = killed.plus(FaultsBench.LEASE);
    return new Ended(
        seconds(leaseEnd, update.path("steps").path(0).path("started")),
        seconds(leaseEnd, update.path("ended")));
  }

  private static double seconds(Instant from, JsonNode to) {
    return Duration.between(from, Instant.parse(to.asString())).toMillis() / 1e3;
  }
}
