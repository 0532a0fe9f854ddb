package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.JobProgress;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.client.Upload;
import dev.regild.cli.terminal.Progress;
import dev.regild.cli.terminal.Table;
import dev.regild.cli.terminal.Times;
import dev.regild.demo.cluster.PostgresServer;
import dev.regild.demo.cluster.RegildNode;
import dev.regild.demo.cluster.S3Server;
import dev.regild.disk.ByteCount;
import dev.regild.files.FileTree;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * Three nodes on this machine that share a PostgreSQL and an S3 server: an update whose worker is
 * killed while it installs, and which another worker ends.
 *
 * @param directory of all that the nodes have; removed at the end
 * @param libraries where the S3 server's are noted
 */
record ClusterDemo(Path directory, Path libraries, String isolation, PrintWriter out) {
  private static final String IMAGE = "golden";
  private static final String UPDATED = "golden-updated";
  private static final String DATABASE = "regild";
  private static final List<String> WORKERS = List.of("worker-1", "worker-2");

  private static final Duration STEP_LIMIT = Duration.ofMinutes(10);

  /** How long the package manager is at work before its node is killed. */
  private static final Duration IN_APPLY = Duration.ofSeconds(2);

  private static final Duration POLL = Duration.ofMillis(200);
  private static final int MOST_POLLS = 50;

  /** Puts the channel into the first node's data directory. */
  interface Channels {
    void addTo(Path data) throws Exception;
  }

  /**
   * Shows it, and leaves nothing running.
   *
   * @param golden the disk that becomes the first image
   */
  void show(Path golden, Channels channels) throws Exception {
    Deque<RegildNode> nodes = new ArrayDeque<>();
    try {
      title("A PostgreSQL and an S3 server");
      try (PostgresServer postgres = PostgresServer.start();
          S3Server store = S3Server.start(directory.resolve("s3"), libraries)) {
        createDatabase(postgres);
        out.printf("  PostgreSQL on port %d, s3proxy on port %d%n", postgres.port(), store.port());
        Map<String, String> settings = settings(postgres, store);
        try {
          show(golden, channels, settings, nodes);
          outcome(store);
        } finally {
          nodes.forEach(RegildNode::close);
        }
      }
    } finally {
      FileTree.remove(directory);
    }
    out.println("Nothing of it runs any more, and its files are removed.");
  }

  private static void createDatabase(PostgresServer postgres) throws IOException {
    try {
      postgres.execute("CREATE DATABASE " + DATABASE);
    } catch (SQLException e) {
      throw new IOException("PostgreSQL makes no database: " + e.getMessage(), e);
    }
  }

  private Map<String, String> settings(PostgresServer postgres, S3Server store) {
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    Map<String, String> settings = new HashMap<>(S3Server.credentials());
    settings.put("REGILD_MASTER_KEY", Base64.getEncoder().encodeToString(key));
    settings.put("REGILD_DATABASE", postgres.url(DATABASE));
    settings.put("REGILD_STORE", "s3://" + S3Server.BUCKET + "/regild");
    settings.put("REGILD_STORE_ENDPOINT", store.endpoint().toString());
    settings.put("REGILD_ISOLATION", isolation);
    return settings;
  }

  private void show(
      Path golden, Channels channels, Map<String, String> settings, Deque<RegildNode> nodes)
      throws Exception {
    title("Three nodes");
    Path first = Files.createDirectory(directory.resolve("front"));
    channels.addTo(first);
    RegildNode front = RegildNode.start("serve", "front", first, settings);
    nodes.push(front);
    ApiClient client = client(front);
    for (String name : WORKERS) {
      Path data = Files.createDirectory(directory.resolve(name));
      nodes.push(RegildNode.start("worker", name, data, settings));
    }
    printNodes(client);

    title("The disk becomes an image");
    String disk = new Upload(golden, new Progress(out, Progress.onTerminal())).send(client).id();
    client.call(
        "CreateImportedImage",
        Map.of(
            "Name",
            IMAGE,
            "SourceAmiId",
            disk,
            "IamRoleArn",
            "arn:aws:iam::000000000000:role/demo"));
    var _ = JobProgress.await(client, IMAGE, out);

    title("An update, whose worker is killed");
    out.println("  regild nodes drain front");
    client.post("/regild/v1/nodes/front/drain", Map.of());
    long start = System.nanoTime();
    client.call("CreateUpdatedImage", Map.of("existingImageName", IMAGE, "newImageName", UPDATED));
    RegildNode killed = awaitApply(nodes);
    Thread.sleep(IN_APPLY);
    out.printf("  %s is in Apply: kill -9 %d%n", killed.name(), killed.pid());
    killed.kill();
    out.println("  Another node takes the job 40 s after its last heartbeat.");
    out.flush();
    var _ = JobProgress.await(client, UPDATED, out);
    out.printf("%-10s %9s%n", "in all", Times.text(Duration.ofNanos(System.nanoTime() - start)));

    awaitRest(client);
    title("The outcome");
    JsonNode update = client.get("/regild/v1/updates/" + UPDATED);
    out.printf("  %s is AVAILABLE after %d attempts.%n", UPDATED, update.path("attempt").asInt(0));
    printNodes(client);
  }

  private static ApiClient client(RegildNode node) throws IOException {
    ServerConnection connection = new ServerConnection();
    connection.data = node.data();
    connection.endpoint = node.endpoint();
    return connection.client();
  }

  private static RegildNode awaitApply(Deque<RegildNode> nodes)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + STEP_LIMIT.toNanos();
    while (System.nanoTime() < deadline) {
      for (RegildNode node : nodes) {
        if (node.log().contains("image=" + UPDATED + " step=Apply")) {
          return node;
        }
      }
      Thread.sleep(POLL);
    }
    throw new IOException("No node began to install. Their logs are in DIR/NODE/node.log.");
  }

  /** An image is there a moment before its job has ended. */
  private static void awaitRest(ApiClient client)
      throws ServerRefusalException, IOException, InterruptedException {
    for (int i = 0; i < MOST_POLLS; i++) {
      JsonNode nodes = client.get("/regild/v1/nodes").path("nodes");
      if (nodes.valueStream().allMatch(node -> node.path("jobs").asInt(0) == 0)) {
        return;
      }
      Thread.sleep(POLL);
    }
  }

  private void printNodes(ApiClient client)
      throws ServerRefusalException, IOException, InterruptedException {
    Table table = new Table("NAME", "STATE", "ROLE", "JOBS", "FREE");
    for (JsonNode node : client.get("/regild/v1/nodes").path("nodes")) {
      table.row(
          node.path("name").asString(""),
          node.path("state").asString("")
              + (node.path("draining").asBoolean(false) ? ", drained" : ""),
          node.path("role").asString(""),
          node.path("jobs").asInt(0) + "/" + node.path("workers").asInt(0),
          ByteCount.text(node.path("freeBytes").asLong(0)));
    }
    table.print(out);
  }

  private void outcome(S3Server store) throws IOException {
    out.println("  Objects of layers in the store:");
    Path layers = store.bucket().resolve("regild/layers");
    try (Stream<Path> files = Files.walk(layers)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        out.printf("  %s, %s%n", store.bucket().relativize(file), ByteCount.text(Files.size(file)));
      }
    }
  }

  private void title(String text) {
    out.printf("%n== %s%n", text);
    out.flush();
  }
}
