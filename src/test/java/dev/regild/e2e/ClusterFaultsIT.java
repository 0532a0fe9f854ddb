package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.regild.fixtures.HaProxy;
import dev.regild.fixtures.PostgresCluster;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Three nodes on one PostgreSQL and one S3 server, of which one is killed, one is frozen, and both
 * servers go away, in the middle of updates: each update still ends once. bench/faults.sh tries
 * what takes longer.
 */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterFaultsIT {
  private static final List<String> NAMES = List.of("a", "b", "c");

  /** Longer than a restart of the server's machine takes at most before a job loses its lease. */
  private static final Duration AWAY = Duration.ofSeconds(30);

  private static final int CALLS = 200;
  private static final int IMAGES = 20;

  @TempDir static Path directory;
  private static TestCluster cluster;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(PostgresCluster.isInstalled(), "PostgreSQL is not installed");
    cluster = TestCluster.start(directory.toRealPath(), NAMES);
    cluster.importBase(cluster.node("a"));
  }

  @AfterAll
  static void end() throws Exception {
    if (cluster != null) {
      cluster.close();
    }
  }

  /** The leases of both end at about the same time, so that the test waits once. */
  @Test
  @Order(1)
  void updatesOfAKilledAndOfAFrozenNodeEndOnceElsewhere() throws Exception {
    String baseLayer = cluster.layers().getFirst();
    byte[] baseContent = Files.readAllBytes(cluster.store().file(baseLayer));

    TestCluster.update(cluster.node("a"), "killed");
    String dead = cluster.awaitStep("killed", "Apply");
    cluster.node(dead).kill();
    String other = NAMES.stream().filter(name -> !name.equals(dead)).findFirst().orElseThrow();
    TestCluster.update(cluster.node(other), "frozen");
    String frozen = cluster.awaitStep("frozen", "Apply");
    cluster.node(frozen).freeze();
    String living =
        NAMES.stream()
            .filter(name -> !name.equals(dead) && !name.equals(frozen))
            .findFirst()
            .orElseThrow();

    for (String image : List.of("killed", "frozen")) {
      assertEndedOnASecondAttempt(living, image);
    }
    List<String> layers = cluster.layers();
    assertThat(layers).hasSize(3).contains(baseLayer);

    cluster.node(frozen).thaw();
    cluster.node(frozen).awaitEvent("message=\"job lost\"");
    cluster.node(frozen).assertNothingIsLeft();
    cluster.start(dead).assertNothingIsLeft();

    assertThat(cluster.layers()).isEqualTo(layers);
    assertThat(cluster.store().file(baseLayer)).hasBinaryContent(baseContent);
    assertThat(cluster.node(living).call("DescribeImageBuilders", Map.of()).body())
        .isEqualTo(JsonMapper.shared().readTree("{\"ImageBuilders\":[]}"));
    cluster.requireSoundStore(living);
  }

  private static void assertEndedOnASecondAttempt(String node, String image) throws Exception {
    JsonNode ended = cluster.node(node).awaitEnd(image);
    assertThat(ended.path("State").asString())
        .as("%s%n%s", ended, cluster.logs())
        .isEqualTo("AVAILABLE");
    JsonNode update = cluster.node(node).get("/regild/v1/updates/" + image).body();
    assertThat(update.path("attempt").asInt()).as("%s", update).isEqualTo(2);
    assertThat(update.path("steps")).as("%s", update).hasSize(UpdatableBase.STEPS.size());
    assertThat(cluster.node(node).log()).contains("image=" + image + " step=Publish");
  }

  @Test
  @Order(2)
  void anUpdateOutlivesAnOutageOfTheDatabaseAndOneOfTheStore() throws Exception {
    List<String> before = cluster.layers();
    TestCluster.update(cluster.node("a"), "outages");
    cluster.awaitStep("outages", "Apply");
    cluster.postgres().crash();
    for (String name : NAMES) {
      assertThat(cluster.node(name).call("DescribeImages", Map.of()).body().toString())
          .contains("ServiceUnavailableException");
    }
    Thread.sleep(AWAY);
    cluster.postgres().startAgain();

    cluster.awaitStep("outages", "Qualify");
    cluster.store().close();
    cluster.awaitStep("outages", "Publish");
    Thread.sleep(Duration.ofSeconds(5));
    cluster.store().startAgain();

    JsonNode ended = cluster.node("a").awaitEnd("outages");
    assertThat(ended.path("State").asString())
        .as("%s%n%s", ended, cluster.logs())
        .isEqualTo("AVAILABLE");
    assertThat(cluster.layers()).hasSize(before.size() + 1).containsAll(before);
    for (String name : NAMES) {
      cluster.node(name).assertNothingIsLeft();
    }
  }

  /** The nodes are drained, so that no update runs. */
  @Test
  @Order(3)
  void manyCallsForTheSameNamesOverAllNodesMakeEachImageOnce() throws Exception {
    for (String name : NAMES) {
      assertThat(cluster.node("a").post("/regild/v1/nodes/" + name + "/drain").status())
          .isEqualTo(200);
    }
    List<URI> endpoints = NAMES.stream().map(name -> cluster.node(name).endpoint()).toList();
    try (HaProxy proxy = HaProxy.start(directory, endpoints)) {
      Map<Integer, Integer> statuses = callTogether(proxy.endpoint());
      assertThat(statuses).as(cluster.logs()).containsEntry(200, IMAGES);
      assertThat(statuses.keySet()).allMatch(status -> status == 200 || status == 400);
    }
    JsonNode images = cluster.node("b").call("DescribeImages", Map.of()).body().path("Images");
    assertThat(images.valueStream().map(image -> image.path("Name").asString()))
        .filteredOn(name -> name.startsWith("raced-"))
        .hasSize(IMAGES)
        .doesNotHaveDuplicates();
    assertThat(
            cluster.node("c").call("DescribeImageBuilders", Map.of()).body().path("ImageBuilders"))
        .hasSize(IMAGES);
  }

  /** The number of answers of each status. */
  private static Map<Integer, Integer> callTogether(URI endpoint) throws Exception {
    Map<Integer, Integer> statuses = new TreeMap<>();
    try (HttpClient client = HttpClient.newHttpClient();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> answers = new ArrayList<>();
      for (int i = 0; i < CALLS; i++) {
        HttpRequest request = request(endpoint, "raced-" + i % IMAGES);
        answers.add(
            threads.submit(() -> client.send(request, BodyHandlers.discarding()).statusCode()));
      }
      for (Future<Integer> answer : answers) {
        statuses.merge(answer.get(), 1, Integer::sum);
      }
    }
    return statuses;
  }

  private static HttpRequest request(URI endpoint, String name) {
    return HttpRequest.newBuilder(endpoint.resolve("/"))
        .header("Content-Type", "application/x-amz-json-1.1")
        .header("X-Amz-Target", "PhotonAdminProxyService.CreateUpdatedImage")
        .POST(
            BodyPublishers.ofString(
                "{\"existingImageName\":\"%s\",\"newImageName\":\"%s\"}"
                    .formatted(TestCluster.BASE, name)))
        .build();
  }
}
