package dev.regild.e2e;

import dev.regild.store.FaultyLink;
import dev.regild.store.FaultyLink.Fault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import tools.jackson.databind.JsonNode;

/**
 * Faults of the store from the beginning of Qualify on, several at once: each worker has a way to
 * the store of its own, and runs one update.
 */
final class StoreFaults {
  private static final String FRONT = "front";

  /** How long a fault lasts after Publish has begun, if it passes. */
  private static final Duration LASTING = Duration.ofSeconds(60);

  private final Path directory;
  private final List<Kind> kinds;

  StoreFaults(Path directory, List<Kind> kinds) {
    this.directory = directory;
    this.kinds = kinds;
  }

  /** What goes wrong; each has a worker of its name. */
  @SuppressWarnings("ImmutableEnumChecker") // each fault is a record
  enum Kind {
    AWAY(new Fault.Away(), true, "3m"),
    ANSWERS_500(
        new Fault.Answers(500, "InternalError", "We encountered an internal error."), true, "3m"),
    ANSWERS_503(new Fault.Answers(503, "SlowDown", "Reduce your request rate."), true, "3m"),
    SLOW(new Fault.Crawling(), false, "1m"),
    FULL(new Fault.Answers(507, "InsufficientStorage", "No space left."), false, "1m");

    private final Fault fault;
    private final boolean passes;
    private final String patience;

    Kind(Fault fault, boolean passes, String patience) {
      this.fault = fault;
      this.passes = passes;
      this.patience = patience;
    }

    String row() {
      return "store-" + worker();
    }

    private String worker() {
      return name().toLowerCase(Locale.ROOT).replace("answers_", "");
    }

    private static Kind of(String worker) {
      for (Kind kind : values()) {
        if (kind.worker().equals(worker)) {
          return kind;
        }
      }
      throw new AssertionError("the node " + worker + " took a job");
    }
  }

  String run() throws Exception {
    Map<Kind, FaultyLink> links = new EnumMap<>(Kind.class);
    try (TestCluster cluster = TestCluster.start(directory, List.of(FRONT))) {
      cluster.importBase(cluster.node(FRONT));
      FaultsBench.drain(cluster, List.of(FRONT), "drain");
      for (Kind kind : kinds) {
        links.put(kind, new FaultyLink(cluster.store().port()));
        cluster.start(kind.worker(), List.of(), variables(kind, links.get(kind)));
      }
      List<String> images = new ArrayList<>();
      for (int i = 0; i < kinds.size(); i++) {
        images.add("faulty-" + i);
        TestCluster.update(cluster.node(FRONT), images.getLast());
      }
      List<String> outcomes = outcomes(cluster, images, links);
      int available = 1 + (int) kinds.stream().filter(kind -> kind.passes).count();
      RegistryCheck.requireSound(cluster, cluster.names(), available);
      return String.join("; ", outcomes);
    } finally {
      for (FaultyLink link : links.values()) {
        link.close();
      }
    }
  }

  /** Of a node that runs one update at a time, so that each has one. */
  private static Map<String, String> variables(Kind kind, FaultyLink link) {
    return Map.of(
        "REGILD_STORE_ENDPOINT",
        link.endpoint().toString(),
        "REGILD_STORE_PATIENCE",
        kind.patience,
        "REGILD_WORKERS",
        "1");
  }

  private static List<String> outcomes(
      TestCluster cluster, List<String> images, Map<Kind, FaultyLink> links) throws Exception {
    List<String> outcomes = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> all = new ArrayList<>();
      for (String image : images) {
        all.add(threads.submit(() -> outcome(cluster, image, links)));
      }
      for (Future<String> each : all) {
        outcomes.add(each.get());
      }
    }
    return outcomes;
  }

  private static String outcome(TestCluster cluster, String image, Map<Kind, FaultyLink> links)
      throws Exception {
    Kind kind = Kind.of(cluster.awaitStep(image, "Qualify"));
    links.get(kind).set(kind.fault);
    cluster.awaitStep(image, "Publish");
    String outcome;
    if (kind.passes) {
      Thread.sleep(LASTING);
      links.get(kind).set(new Fault.None());
      FaultsBench.available(cluster, FRONT, image);
      int attempts = FaultsBench.attempts(cluster, FRONT, image);
      outcome = "AVAILABLE after %d s, attempts: %d".formatted(LASTING.toSeconds(), attempts);
    } else {
      JsonNode ended = cluster.node(FRONT).awaitEnd(image);
      links.get(kind).set(new Fault.None());
      String reason = ended.path("StateChangeReason").path("Message").asString("");
      FaultsBench.require(
          ended.path("State").asString().equals("FAILED") && reason.contains("The store s3://"),
          kind.row() + ": " + ended);
      outcome = "FAILED: " + reason;
    }
    FaultsBench.OUT.printf("  %s: %s%n", kind.row(), outcome);
    return kind.row() + " " + outcome;
  }
}
