package dev.regild.e2e;

import dev.regild.store.FaultyLink;
import dev.regild.store.FaultyLink.Fault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import tools.jackson.databind.JsonNode;

/** Random faults while updates run; then all nodes are started again, and all must end. */
final class RandomFaults {
  private static final List<String> NAMES = List.of("a", "b", "c");
  private static final int UPDATES = 30;
  private static final Duration LASTING = Duration.ofMinutes(10);

  private final Path directory;
  private final long seed;
  private final Duration lasting;
  private final int updates;
  private final Random random;

  private RandomFaults(Path directory, long seed, Duration lasting, int updates) {
    this.directory = directory;
    this.seed = seed;
    this.lasting = lasting;
    this.updates = updates;
    this.random = new Random(seed);
  }

  /**
   * Ten minutes and thirty updates, unless told otherwise.
   *
   * @param argument {@code SEED,MINUTES,UPDATES}, of which the later ones may be missing; empty for
   *     a seed that is drawn
   */
  static RandomFaults of(Path directory, String argument) {
    String[] given = argument.split(",", -1);
    return new RandomFaults(
        directory,
        argument.isEmpty() ? System.nanoTime() : Long.parseLong(given[0]),
        given.length > 1 ? Duration.ofMinutes(Long.parseLong(given[1])) : LASTING,
        given.length > 2 ? Integer.parseInt(given[2]) : UPDATES);
  }

  /** What goes wrong at random. */
  private enum Kind {
    KILL,
    FREEZE,
    DATABASE,
    STORE_AWAY,
    STORE_500
  }

  String run() throws Exception {
    FaultsBench.OUT.printf("  seed %d%n", seed);
    try (TestCluster cluster = TestCluster.start(directory, NAMES);
        FaultyLink link = new FaultyLink(cluster.store().port())) {
      Map<String, String> settings = Map.of("REGILD_STORE_ENDPOINT", link.endpoint().toString());
      cluster.importBase(cluster.node("a"));
      for (String name : NAMES) {
        cluster.node(name).close();
        cluster.start(name, List.of(), settings);
      }
      List<String> images = new ArrayList<>();
      for (int i = 0; i < updates; i++) {
        images.add("random-" + i);
        TestCluster.update(cluster.node("a"), images.getLast());
      }
      int faults = 0;
      long end = System.nanoTime() + lasting.toNanos();
      while (System.nanoTime() < end) {
        Thread.sleep(Duration.ofSeconds(5 + random.nextInt(20)));
        fault(cluster, link, settings);
        faults++;
      }
      return outcome(cluster, images, faults);
    }
  }

  private void fault(TestCluster cluster, FaultyLink link, Map<String, String> settings)
      throws Exception {
    Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
    String node = NAMES.get(random.nextInt(NAMES.size()));
    Duration lasting = Duration.ofSeconds(2 + random.nextInt(58));
    FaultsBench.OUT.printf(Locale.ROOT, "  %s %s %d s%n", kind, node, lasting.toSeconds());
    switch (kind) {
      case KILL -> {
        cluster.node(node).kill();
        Thread.sleep(lasting);
        cluster.start(node, List.of(), settings);
      }
      case FREEZE -> {
        cluster.node(node).freeze();
        Thread.sleep(lasting);
        cluster.node(node).thaw();
      }
      case DATABASE -> {
        cluster.postgres().crash();
        Thread.sleep(lasting);
        cluster.postgres().startAgain();
      }
      case STORE_AWAY -> {
        link.set(new Fault.Away());
        Thread.sleep(lasting);
        link.set(new Fault.None());
      }
      case STORE_500 -> {
        link.set(new Fault.Answers(500, "InternalError", "We encountered an internal error."));
        Thread.sleep(lasting);
        link.set(new Fault.None());
      }
    }
  }

  private String outcome(TestCluster cluster, List<String> images, int faults) throws Exception {
    int available = 0;
    for (String image : images) {
      JsonNode ended = cluster.node("a").awaitEnd(image);
      if (ended.path("State").asString().equals("AVAILABLE")) {
        available++;
      } else {
        String reason = ended.path("StateChangeReason").path("Message").asString("");
        FaultsBench.require(!reason.isEmpty(), image + " failed without a reason");
        FaultsBench.OUT.printf("  %s FAILED: %s%n", image, reason);
      }
    }
    RegistryCheck.requireSound(cluster, NAMES, 1 + available);
    return "seed %d, %d faults: %d of %d AVAILABLE, the others FAILED with a reason"
        .formatted(seed, faults, available, images.size());
  }
}
