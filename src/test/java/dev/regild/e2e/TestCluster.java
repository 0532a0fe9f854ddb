package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.demo.AgentPackage;
import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.PostgresCluster;
import dev.regild.machine.Program;
import dev.regild.store.S3Proxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Nodes that share one PostgreSQL and one S3 server, each a process with a data directory of its
 * own. Their channel has the agent alone, so that an update takes seconds up to its qualification.
 */
final class TestCluster implements AutoCloseable {
  static final String BASE = "base";
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final Path directory;
  private final PostgresCluster postgres;
  private final S3Proxy store;
  private final Map<String, ServerProcess> nodes = new LinkedHashMap<>();

  private TestCluster(Path directory, PostgresCluster postgres, S3Proxy store) {
    this.directory = directory;
    this.postgres = postgres;
    this.store = store;
  }

  /**
   * Starts nodes.
   *
   * @param directory of all of them
   * @param names the first one's directory is made, and the others get what an operator copies
   */
  static TestCluster start(Path directory, List<String> names) throws Exception {
    return start(
        directory,
        names.getFirst(),
        cluster -> {
          for (String name : names) {
            cluster.start(name);
          }
        });
  }

  /**
   * Starts one node of another version.
   *
   * @param launcher of that version
   */
  static TestCluster startOlder(Path directory, String name, Path launcher) throws Exception {
    return start(directory, name, cluster -> cluster.startOlder(name, launcher));
  }

  private interface Nodes {
    void startIn(TestCluster cluster) throws Exception;
  }

  private static TestCluster start(Path directory, String first, Nodes nodes) throws Exception {
    TestCluster cluster =
        new TestCluster(
            directory, PostgresCluster.start(), S3Proxy.start(directory.resolve("store")));
    boolean started = false;
    try {
      cluster.postgres.execute("CREATE DATABASE regild");
      addChannel(cluster.data(first));
      nodes.startIn(cluster);
      started = true;
      return cluster;
    } finally {
      if (!started) {
        cluster.close();
      }
    }
  }

  /** Starts a node, again if it ran before. */
  ServerProcess start(String name) throws Exception {
    return start(name, List.of(), Map.of());
  }

  /**
   * Starts a node, again if it ran before.
   *
   * @param prefix the program that starts it, with its arguments
   * @param further variables of its environment
   */
  ServerProcess start(String name, List<String> prefix, Map<String, String> further)
      throws Exception {
    Map<String, String> variables = prepare(name);
    variables.putAll(further);
    ServerProcess node = ServerProcess.start(prefix, data(name), "namespace", variables);
    nodes.put(name, node);
    return node;
  }

  /**
   * Starts a node of another version, again if it ran before.
   *
   * @param launcher of that version
   */
  void startOlder(String name, Path launcher) throws Exception {
    Map<String, String> variables = prepare(name);
    nodes.put(name, ServerProcess.startOf(launcher, data(name), "namespace", variables));
  }

  /** Makes a node's data directory if it is missing, and returns the variables to start it with. */
  private Map<String, String> prepare(String name) throws IOException {
    Path data = data(name);
    if (!nodes.isEmpty() && Files.notExists(data)) {
      copyKey(data(nodes.keySet().iterator().next()), data);
    }
    Map<String, String> variables = new HashMap<>(variables());
    variables.put("REGILD_NODE_NAME", name);
    return variables;
  }

  /** The variables by which a command finds the database and the store. */
  Map<String, String> variables() {
    Map<String, String> variables = new HashMap<>(S3Proxy.credentials());
    variables.put("REGILD_DATABASE", postgres.url("regild"));
    variables.put("REGILD_STORE", "s3://" + S3Proxy.BUCKET + "/regild");
    variables.put("REGILD_STORE_ENDPOINT", store.endpoint().toString());
    variables.put("REGILD_WORKERS", "2");
    variables.put("REGILD_QUOTAS_IMAGE_BUILDERS", "100");
    return variables;
  }

  private static void addChannel(Path data) throws Exception {
    ChannelStore channels = new ChannelStore(data, Clock.systemUTC());
    channels.add(
        new Channel(
            "agent-only",
            "DEBIAN_12",
            List.of(LocalServer.source(Fixtures.agentRepository())),
            Channel.DEFAULT_DRIVER_PACKAGES,
            List.of(AgentPackage.NAME),
            Duration.ofDays(1)));
    channels.refresh("agent-only");
  }

  /** The channels are in the store, so the key is all that a new node has to be given. */
  private static void copyKey(Path first, Path next) throws IOException {
    Files.createDirectory(
        next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.copy(
        first.resolve("master.key"),
        next.resolve("master.key"),
        StandardCopyOption.COPY_ATTRIBUTES);
  }

  Path data(String name) {
    return directory.resolve(name);
  }

  ServerProcess node(String name) {
    return Optional.ofNullable(nodes.get(name)).orElseThrow();
  }

  /** Any of the nodes that run. */
  ServerProcess living() {
    return nodes.values().stream().filter(ServerProcess::isAlive).findFirst().orElseThrow();
  }

  PostgresCluster postgres() {
    return postgres;
  }

  S3Proxy store() {
    return store;
  }

  /** Imports the golden image as {@value #BASE}. */
  void importBase(ServerProcess node) throws Exception {
    JsonNode base = node.importDisk(Fixtures.goldenImage(), BASE);
    assertThat(base.path("State").asString()).as("%s%n%s", base, node.log()).isEqualTo("AVAILABLE");
  }

  /** Has {@value #BASE} updated. */
  static void update(ServerProcess node, String name) throws Exception {
    ServerProcess.Answer answer =
        node.call("CreateUpdatedImage", Map.of("existingImageName", BASE, "newImageName", name));
    assertThat(answer.body().path("canUpdateImage").asBoolean()).as("%s", answer.body()).isTrue();
  }

  /** Waits until a node begins a step of an update, and returns that node's name. */
  String awaitStep(String image, String step) throws Exception {
    return awaitEvent("message=\"step started\" image=" + image + " step=" + step + " ");
  }

  /** Waits until a node logs something, and returns that node's name. */
  String awaitEvent(String event) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      for (Map.Entry<String, ServerProcess> node : nodes.entrySet()) {
        if (node.getValue().log().contains(event)) {
          return node.getKey();
        }
      }
      assertThat(System.nanoTime()).as("%s%n%s", event, logs()).isLessThan(deadline);
      Thread.sleep(50);
    }
  }

  /** The names of the nodes that were started. */
  List<String> names() {
    return List.copyOf(nodes.keySet());
  }

  /** What all nodes have logged so far. */
  String logs() {
    StringBuilder all = new StringBuilder();
    nodes.forEach((name, node) ->
        all.append("== ").append(name).append('\n').append(node.log()).append('\n'));
    return all.toString();
  }

  /** The layers' objects in the store, and whatever else is below their prefix. */
  List<String> layers() throws IOException {
    return store.files("regild/layers");
  }

  /**
   * Fails if a layer is missing in the store, changed, or too many; the object of a disk that was
   * imported stays until the garbage collection.
   */
  void requireSoundStore(String name) throws Exception {
    assertThat(checkStore(name)).doesNotContain("MISSING", "CHANGED", "layers/");
  }

  /** Returns what {@code regild store check} prints with a node's data directory. */
  String checkStore(String name) throws Exception {
    Program check =
        Program.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.regild.cli.Regild",
            "store",
            "check",
            "--data",
            data(name).toString());
    for (Map.Entry<String, String> variable : variables().entrySet()) {
      check = check.with(variable.getKey(), variable.getValue());
    }
    return check.run();
  }

  @Override
  public void close() throws IOException {
    for (ServerProcess node : nodes.values()) {
      node.close();
    }
    store.close();
    postgres.close();
  }
}
