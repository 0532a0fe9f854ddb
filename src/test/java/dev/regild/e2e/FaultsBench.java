package dev.regild.e2e;

import dev.regild.e2e.CutOffNode.Cable;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Tries what must not happen to nodes that share a PostgreSQL and an S3 server, and prints a line
 * for each fault; see bench/faults.sh. Each row has a cluster of its own, and ends with a check of
 * the whole registry and store.
 */
final class FaultsBench {
  static final PrintStream OUT = System.out;
  private static final List<String> NAMES = List.of("a", "b", "c");
  private static final String FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

  /** After the last heartbeat of a node, until its jobs are others'. */
  static final Duration LEASE = Duration.ofSeconds(40);

  private final Path directory;
  private final String argument;

  private FaultsBench(Path directory, String argument) {
    this.directory = directory;
    this.argument = argument;
  }

  /** One kind of fault. */
  private interface Row {
    String run(FaultsBench bench) throws Exception;
  }

  private static Map<String, Row> rows() {
    Map<String, Row> rows = new LinkedHashMap<>();
    rows.put("kill", bench -> bench.kill(WorkerKills.MOST_AT_ONCE));
    rows.put("kill-one", bench -> bench.kill(1));
    rows.put("freeze", FaultsBench::freeze);
    rows.put("database", FaultsBench::database);
    rows.put("cut-database", bench -> bench.cut(Cable.TO_DATABASE));
    rows.put("cut-store", bench -> bench.cut(Cable.TO_STORE));
    rows.put("clock", FaultsBench::clock);
    List<StoreFaults.Kind> faults = List.of(StoreFaults.Kind.values());
    rows.put("store", bench -> new StoreFaults(bench.directory, faults).run());
    for (StoreFaults.Kind each : faults) {
      rows.put(each.row(), bench -> new StoreFaults(bench.directory, List.of(each)).run());
    }
    rows.put("across", bench -> new AcrossNodes(bench.directory).run());
    rows.put("random", bench -> RandomFaults.of(bench.directory, bench.argument).run());
    rows.put("versions", bench -> new OlderNodes(bench.directory, Path.of(bench.argument)).run());
    return rows;
  }

  /**
   * Tries the rows that are named, or all.
   *
   * @param arguments an empty directory, then names of rows, each with {@code =ARGUMENT} where it
   *     takes one: the steps of kill and kill-one; the seed, the minutes and the updates of random;
   *     the older version's checkout of versions
   */
  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]).toRealPath();
    List<String> wanted =
        arguments.length > 1
            ? List.of(arguments).subList(1, arguments.length)
            : rows().keySet().stream().filter(FaultsBench::isForAll).toList();
    boolean failed = false;
    for (String each : wanted) {
      String[] parts = each.split("=", 2);
      Row row =
          Optional.ofNullable(rows().get(parts[0]))
              .orElseThrow(() -> new IllegalArgumentException("No row " + parts[0]));
      Path own = Files.createDirectory(directory.resolve(parts[0]));
      long start = System.nanoTime();
      String outcome;
      try {
        outcome = row.run(new FaultsBench(own, parts.length > 1 ? parts[1] : ""));
      } catch (AssertionError | Exception e) {
        failed = true;
        outcome = "FAILED: " + String.valueOf(e.getMessage());
      }
      OUT.printf(Locale.ROOT, "%-14s %6.1f s  %s%n", parts[0], seconds(start), outcome);
    }
    System.exit(failed ? 1 : 0);
  }

  /** Not without the older version's checkout, and no fault of the store a second time. */
  private static boolean isForAll(String row) {
    return !row.equals("versions") && !row.startsWith("store-");
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  /** As many workers in each step as at once, unless told otherwise. */
  private String kill(int atOnce) throws Exception {
    List<String> steps =
        argument.isEmpty()
            ? UpdatableBase.STEPS.stream()
                .flatMap(step -> Collections.nCopies(atOnce, step).stream())
                .toList()
            : List.of(argument.split(",", -1));
    return new WorkerKills(directory, steps, atOnce).run();
  }

  private String freeze() throws Exception {
    try (TestCluster cluster = cluster()) {
      TestCluster.update(cluster.node("a"), "frozen");
      String node = cluster.awaitStep("frozen", "Apply");
      cluster.node(node).freeze();
      String other = NAMES.stream().filter(name -> !name.equals(node)).findFirst().orElseThrow();
      available(cluster, other, "frozen");
      cluster.node(node).thaw();
      cluster.node(node).awaitEvent("message=\"job lost\"");
      RegistryCheck.requireSound(cluster, NAMES, 2);
    }
    return "AVAILABLE elsewhere, one layer; the late one says: job lost";
  }

  /**
   * Killed in the midst of steps of one update after the other and in the midst of transactions,
   * away 30 s each time. The earlier updates go on meanwhile, so that an outage meets them again.
   */
  private String database() throws Exception {
    List<String> steps = List.of("Prepare", "Apply", "Qualify", "Publish");
    try (TestCluster cluster = cluster();
        SteadyWriter writer = SteadyWriter.start(cluster.node("c"), TestCluster.BASE)) {
      for (String step : steps) {
        String image = outage(step);
        TestCluster.update(cluster.node("a"), image);
        UpdatableBase.awaitMidst(cluster.node(cluster.awaitStep(image, step)), image, step);
        cluster.postgres().crash();
        requireUnavailable(cluster.node("b"));
        Thread.sleep(Duration.ofSeconds(30));
        cluster.postgres().startAgain();
        cluster.node("a").awaitDatabase();
      }
      for (String step : steps) {
        available(cluster, "a", outage(step));
      }
      int written = writer.requireNothingLost();
      RegistryCheck.requireSound(cluster, NAMES, 1 + steps.size());
      return "killed in %s, away 30 s: all AVAILABLE, once; of %d transactions of a client none is lost"
          .formatted(String.join(", ", steps), written);
    }
  }

  private static String outage(String step) {
    return "outage-" + step.toLowerCase(Locale.ROOT);
  }

  private static void requireUnavailable(ServerProcess node) throws Exception {
    long asked = System.nanoTime();
    String answer = node.call("DescribeImages", Map.of()).body().toString();
    require(answer.contains("ServiceUnavailableException"), answer);
    require(seconds(asked) < 5.5, "an answer took %.1f s".formatted(seconds(asked)));
  }

  /** One node behind cables of its own, of which one is pulled in Apply for longer than a lease. */
  private String cut(Cable cable) throws Exception {
    String step = cable == Cable.TO_DATABASE ? "Apply" : "Qualify";
    try (TestCluster cluster = cluster();
        CutOffNode cutOff = CutOffNode.create(cluster.postgres(), cluster.store())) {
      cluster.start("d", cutOff.prefix(), cutOff.variables(cluster.postgres()));
      updateOn(cluster, "d", "a", "cut");
      require(cluster.awaitStep("cut", step).equals("d"), "another node ran it");
      cutOff.pull(cable);
      Thread.sleep(Duration.ofSeconds(60));
      cutOff.plug(cable);
      available(cluster, "a", "cut");
      RegistryCheck.requireSound(cluster, List.of("a", "b", "c", "d"), 2);
      int attempts = attempts(cluster, "a", "cut");
      return "cut for 60 s in " + step + ": AVAILABLE once, attempts: " + attempts;
    }
  }

  /**
   * Has nodes take no new jobs, or take them again.
   *
   * @param action {@code drain} or {@code resume}
   */
  static void drain(TestCluster cluster, List<String> names, String action) throws Exception {
    for (String name : names) {
      int status = cluster.living().post("/regild/v1/nodes/" + name + "/" + action).status();
      require(status == 200, action + " answers " + status);
    }
  }

  /**
   * Has an update run on a certain node: no other one takes jobs until it has begun.
   *
   * @param acceptedBy the node that is asked for it
   */
  static void updateOn(TestCluster cluster, String node, String acceptedBy, String image)
      throws Exception {
    List<String> others = cluster.names().stream().filter(name -> !name.equals(node)).toList();
    drain(cluster, others, "drain");
    TestCluster.update(cluster.node(acceptedBy), image);
    cluster.node(node).awaitStep(image, "Prepare");
    drain(cluster, others, "resume");
  }

  /** A node ahead, one behind and one that is right: each has an update, and room for another. */
  private String clock() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, List.of("right"))) {
      cluster.importBase(cluster.node("right"));
      cluster.start("ahead", List.of(), skewed("+10m"));
      cluster.start("behind", List.of(), skewed("-10m"));
      for (String node : cluster.names()) {
        updateOn(cluster, node, "right", "by-" + node);
      }
      for (String node : cluster.names()) {
        available(cluster, "right", "by-" + node);
        require(
            attempts(cluster, "right", "by-" + node) == 1,
            "the update of " + node + " began again");
      }
      RegistryCheck.requireSound(cluster, cluster.names(), 1 + cluster.names().size());
    }
    return "10 min ahead, 10 min behind and right, an update on each: each AVAILABLE in one attempt";
  }

  private static Map<String, String> skewed(String by) {
    return Map.of("LD_PRELOAD", FAKETIME, "FAKETIME", by);
  }

  private TestCluster cluster() throws Exception {
    TestCluster cluster = TestCluster.start(directory, NAMES);
    cluster.importBase(cluster.node("a"));
    return cluster;
  }

  /** Waits until an update has ended, and requires that it succeeded. */
  static void available(TestCluster cluster, String node, String image) throws Exception {
    JsonNode ended = cluster.node(node).awaitEnd(image);
    require(
        ended.path("State").asString().equals("AVAILABLE"),
        ended + System.lineSeparator() + cluster.logs());
  }

  static int attempts(TestCluster cluster, String node, String image) throws Exception {
    return cluster.node(node).get("/regild/v1/updates/" + image).body().path("attempt").asInt();
  }

  static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new AssertionError(otherwise);
    }
  }
}
