package dev.regild.policy;

import static dev.regild.policy.PolicyFleet.OWNER;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.regild.channel.ring.Ring.Gates;
import dev.regild.channel.ring.RingMove;
import dev.regild.channel.ring.RingRecords;
import dev.regild.db.Database;
import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.fixtures.MadeUpPackages;
import dev.regild.fixtures.PostgresCluster;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.quota.QuotaLimits;
import dev.regild.image.quota.Quotas;
import dev.regild.policy.notice.Notices;
import dev.regild.policy.retention.RetentionRule;
import dev.regild.policy.retention.Retentions;
import dev.regild.policy.ring.Promotions;
import dev.regild.policy.ring.Rings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Several processes on one PostgreSQL: of them, one acts at a time, whatever becomes of it. */
class PoliciesOfNodesIT {
  private static final String DATABASE = "policies_of_nodes";
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  @TempDir Path directory;
  private final Map<String, Process> nodes = new HashMap<>();
  private Database database;

  /** The cluster of the run. */
  static final class Cluster implements BeforeAllCallback {
    private PostgresCluster cluster;

    @Override
    public void beforeAll(ExtensionContext context) {
      cluster = TestDatabases.cluster(context);
    }
  }

  @BeforeEach
  void open() throws Exception {
    var _ = TestDatabases.copyOfTemplate(CLUSTER.cluster, DATABASE);
    database = Database.open(CLUSTER.cluster.address(DATABASE));
  }

  @AfterEach
  void close() throws Exception {
    for (Process each : nodes.values()) {
      each.destroyForcibly().waitFor();
    }
    database.close();
    CLUSTER.cluster.execute("DROP DATABASE %s WITH (FORCE)".formatted(DATABASE));
  }

  /** Starts nodes, and waits until each works. */
  private void start(String work, String... names) throws Exception {
    for (String name : names) {
      nodes.put(
          name,
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-Xmx256m",
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  System.getProperty("java.class.path"),
                  PolicyNode.class.getName(),
                  CLUSTER.cluster.url(DATABASE),
                  name,
                  work,
                  directory.toString())
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve(name).toFile())
              .start());
    }
    for (String name : names) {
      await("the node %s works".formatted(name), () -> said(name).contains("ready"));
    }
  }

  private List<String> said(String node) {
    try {
      return Files.readAllLines(directory.resolve(node));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      Thread.sleep(10);
    }
  }

  /** Kills the node whose turn it is. It counts as dead at once. */
  private void killTheOneThatActs(String turn) throws InterruptedException {
    String name =
        database.read(handle ->
            handle
                .createQuery(
                    """
                    SELECT node.name FROM turn JOIN node ON node.instance = turn.holder
                     WHERE turn.name = :turn
                    """)
                .bind("turn", turn)
                .mapTo(String.class)
                .one());
    var _ = Objects.requireNonNull(nodes.get(name)).destroyForcibly().waitFor();
    database.useTransaction(
        handle -> handle.execute("UPDATE node SET heartbeat = 0 WHERE name = ?", name));
  }

  private long count(String sql) {
    return database.read(handle -> handle.createQuery(sql).mapTo(Long.class).one());
  }

  /** What a webhook was sent. */
  private record Received(String id, String image, int number) {}

  @Test
  void eachEventIsDeliveredOnceInTheOrderOfItsImageAlsoAfterAKill() throws Exception {
    List<Received> received = Collections.synchronizedList(new ArrayList<>());
    Set<String> held = Collections.synchronizedSet(new HashSet<>());
    CountDownLatch killed = new CountDownLatch(1);
    HttpServer hook =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hook.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    hook.createContext(
        "/",
        exchange -> {
          Received event = received(exchange);
          boolean holds = killed.getCount() > 0 && (event.number() >= 8 || !held.isEmpty());
          if (holds) {
            held.add(event.id());
          }
          received.add(event);
          if (holds) {
            awaitQuietly(killed);
          }
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    hook.start();
    try {
      Notices notices = new Notices(PolicyNode.ADDRESSES, PolicyNode.SECRETS, Optional.empty());
      String to = "http://127.0.0.1:%d/".formatted(hook.getAddress().getPort());
      database.useTransaction(
          handle -> notices.add(handle, OWNER, "all", Map.of("to", to), Instant.now()));
      start("notices", "one", "two", "three");
      happen(1, 10);
      await(
          "some are being delivered, and the others are written down",
          () ->
              !held.isEmpty()
                  && count("SELECT delivered FROM notice") == received.size() - held.size());
      killTheOneThatActs("notices");
      killed.countDown();
      happen(11, 20);
      await("all are delivered", () -> count("SELECT delivered FROM notice") == 100);
    } finally {
      hook.stop(0);
    }
    assertThat(count("SELECT COUNT(*) FROM notice_delivery")).isZero();
    Map<String, List<Integer>> numbers = new HashMap<>();
    Map<String, Integer> times = new HashMap<>();
    for (Received each : received) {
      numbers.computeIfAbsent(each.image(), _ -> new ArrayList<>()).add(each.number());
      times.merge(each.id(), 1, Integer::sum);
    }
    assertThat(times).hasSize(100);
    times.forEach((id, count) ->
        assertThat(count)
            .as("only what the killed node could not write down comes again")
            .isEqualTo(held.contains(id) ? 2 : 1));
    assertThat(numbers).hasSize(5);
    numbers.forEach((image, all) -> {
      assertThat(all).as(image).isSorted();
      assertThat(new HashSet<>(all)).hasSize(20);
    });
  }

  private static Received received(HttpExchange exchange) throws IOException {
    JsonNode event =
        JsonMapper.shared().readTree(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
    return new Received(
        exchange.getRequestHeaders().getFirst("webhook-id"),
        event.path("subject").asString(),
        event.at("/data/n").asInt());
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void happen(int first, int last) {
    for (int i = first; i <= last; i++) {
      int number = i;
      database.useTransaction(handle -> {
        for (String image : List.of("a", "b", "c", "d", "e")) {
          Events.append(
              handle,
              new Event(
                  EventType.UPDATE_ACCEPTED,
                  OWNER.accountId(),
                  OWNER.region(),
                  image,
                  Map.of("n", number)),
              Instant.now());
        }
      });
    }
  }

  @Test
  void retentionDeletesEachImageOnceAlsoAfterAKill() throws Exception {
    PolicyFleet fleet = new PolicyFleet(database);
    fill(fleet, 1, 300);
    Retentions retentions =
        new Retentions(
            database,
            new Quotas(new QuotaLimits(Map.of())),
            (_, _, _, _, _) -> {},
            database.clock());
    var _ =
        retentions.set(
            OWNER,
            "golden",
            new RetentionRule(2, Duration.ZERO, Duration.ZERO, Duration.ofDays(7)),
            true);
    start("retention", "one", "two", "three");
    await("some are deleted", () -> count("SELECT COUNT(*) FROM binned_image") > 0);
    killTheOneThatActs("retention");
    fill(fleet, 301, 400);
    await("all are deleted", () -> count("SELECT COUNT(*) FROM binned_image") == 398);
    assertThat(
            count(
                """
                SELECT COUNT(DISTINCT subject) FROM event WHERE type = 'IMAGE_DELETED'
                """))
        .isEqualTo(398)
        .isEqualTo(count("SELECT COUNT(*) FROM event WHERE type = 'IMAGE_DELETED'"));
    Set<String> audited = new HashSet<>();
    for (String node : nodes.keySet()) {
      said(node).stream()
          .filter(line -> line.startsWith("DeleteImage"))
          .flatMap(line -> List.of(line.replaceAll(".*\\[|]", "").split(", ")).stream())
          .forEach(image -> assertThat(audited.add(image)).as(image).isTrue());
    }
    assertThat(retentions.preview(OWNER, Optional.empty()).plans().getFirst().acts()).isEmpty();
  }

  /** Images of a line, each a minute younger than the one before. */
  private static void fill(PolicyFleet fleet, int first, int last) {
    Instant start = Instant.now().minus(Duration.ofDays(1));
    IntStream.rangeClosed(first, last)
        .forEach(i ->
            fleet.add(
                "golden",
                "golden-" + i,
                PolicyFleet.inventory("bash=5.2"),
                start.plus(Duration.ofMinutes(i))));
  }

  @Test
  void ofPromotionsAtOneTimeOneMovesTheRing() throws Exception {
    try (MadeUpPackages packages = new MadeUpPackages(directory, PolicyFleet.PLATFORM)) {
      Rings rings = new Rings(database, packages.channels(), database.clock());
      var _ = rings.add("bench", "dev", Optional.empty(), Gates.OPEN);
      var _ = rings.add("bench", "prod", Optional.of("dev"), Gates.OPEN);
      var _ =
          new Promotions(database, packages.channels(), database.clock())
              .promote("bench", "dev", "prod", "first", Optional.empty());
      packages.next();
      start("rings", "one", "two", "three");
      for (String node : List.copyOf(nodes.keySet())) {
        await("the node %s is done".formatted(node), () -> said(node).contains("done"));
      }
      List<RingMove> moves =
          database.read(handle -> RingRecords.moves(handle, "bench", "prod")).reversed();
      long moved =
          nodes.keySet().stream()
              .flatMap(node -> said(node).stream())
              .filter("moved"::equals)
              .count();
      assertThat(moved).isPositive();
      assertThat(moves).hasSize((int) moved + 1);
      assertThat(count("SELECT COUNT(*) FROM event WHERE type = 'RING_PROMOTED'"))
          .isEqualTo(moves.size());
      for (int i = 0; i < moves.size(); i++) {
        assertThat(moves.get(i).number()).isEqualTo(i + 1);
        assertThat(moves.get(i).from())
            .as("each begins where the one before has ended")
            .isEqualTo(i == 0 ? Optional.empty() : moves.get(i - 1).to());
      }
    }
  }
}
