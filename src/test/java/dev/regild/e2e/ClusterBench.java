package dev.regild.e2e;

import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.PostgresCluster;
import dev.regild.fixtures.ProcessorTime;
import dev.regild.store.S3Proxy;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * Measures nodes that share a PostgreSQL and an S3 server beside a server with the embedded
 * default; see bench/cluster.sh.
 */
final class ClusterBench {
  private static final PrintStream OUT = System.out;
  private static final int UPDATES = 3;

  /** After a start, until a server's memory is what it stays at. */
  private static final Duration SETTLING = Duration.ofSeconds(60);

  private static final Duration IDLE = Duration.ofSeconds(60);

  private ClusterBench() {}

  /**
   * Measures one part.
   *
   * @param arguments the part, the launcher, an empty directory; for the memory also the launcher
   *     of an older build, if there is one
   */
  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[2]).toRealPath();
    switch (arguments[0]) {
      case "update" -> updates(directory);
      case "idle" -> idle(arguments[1], directory);
      case "memory" ->
          memory(
              arguments.length > 3 ? List.of(arguments[1], arguments[3]) : List.of(arguments[1]),
              directory);
      default -> throw new IllegalArgumentException("No part " + arguments[0]);
    }
  }

  /** The same update on a node whose cache is warm, and on an embedded server, in turn. */
  private static void updates(Path directory) throws Exception {
    Path data = directory.resolve("embedded");
    UpdatableBase base = UpdatableBase.make(data, LocalServer.source(Fixtures.agentRepository()));
    double[] embedded = new double[UPDATES];
    double[] shared = new double[UPDATES];
    try (ServerProcess alone = ServerProcess.start(base.data(), "namespace");
        TestCluster cluster = TestCluster.start(directory, List.of("a"))) {
      ServerProcess node = cluster.node("a");
      cluster.importBase(node);
      for (int i = -1; i < UPDATES; i++) {
        double first = update(alone, "updated" + i);
        double second = update(node, "updated" + i);
        // The first ones only warm both up.
        if (i >= 0) {
          embedded[i] = first;
          shared[i] = second;
        }
      }
    }
    Arrays.sort(embedded);
    Arrays.sort(shared);
    OUT.printf(
        Locale.ROOT,
        "update, all steps, medians of %d: PostgreSQL and store with a warm cache %.1f s,"
            + " embedded %.1f s, ratio %.2f (goal 1.1)%n",
        UPDATES,
        shared[UPDATES / 2],
        embedded[UPDATES / 2],
        shared[UPDATES / 2] / embedded[UPDATES / 2]);
  }

  /** Returns how long its steps took. */
  private static double update(ServerProcess server, String name) throws Exception {
    TestCluster.update(server, name);
    JsonNode ended = server.awaitEnd(name);
    FaultsBench.require(ended.path("State").asString().equals("AVAILABLE"), ended + server.log());
    double seconds = 0;
    for (JsonNode step : server.get("/regild/v1/updates/" + name).body().path("steps")) {
      Instant started = Instant.parse(step.path("started").asString());
      seconds +=
          Duration.between(started, Instant.parse(step.path("ended").asString())).toNanos() / 1e9;
    }
    return seconds;
  }

  /** Three nodes that do nothing: their processor time, and what PostgreSQL is asked. */
  private static void idle(String launcher, Path directory) throws Exception {
    List<Process> nodes = new ArrayList<>();
    try (PostgresCluster postgres = PostgresCluster.start();
        S3Proxy store = S3Proxy.start(directory.resolve("store"))) {
      postgres.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'");
      postgres.crash();
      postgres.startAgain();
      postgres.execute("CREATE DATABASE regild");
      try (Connection connection = postgres.connect("regild")) {
        execute(connection, "CREATE EXTENSION pg_stat_statements");
        try {
          for (String name : List.of("a", "b", "c")) {
            nodes.add(serve(launcher, directory, name, settings(postgres, store)));
          }
          for (Process node : nodes) {
            var _ = ProcessorTime.awaitRest(node);
          }
          execute(connection, "SELECT pg_stat_statements_reset()");
          double[] before = seconds(nodes);
          Thread.sleep(IDLE);
          double[] after = seconds(nodes);
          OUT.printf(
              Locale.ROOT,
              "three idle nodes: %.1f, %.1f, %.1f %% of a core (goal 2), %.1f queries a second together"
                  + " (goal 20)%n",
              percent(before[0], after[0]),
              percent(before[1], after[1]),
              percent(before[2], after[2]),
              calls(connection) / (double) IDLE.toSeconds());
          printQueries(connection);
        } finally {
          end(nodes);
        }
      }
    }
  }

  private static Map<String, String> settings(PostgresCluster postgres, S3Proxy store) {
    Map<String, String> settings = new HashMap<>(S3Proxy.credentials());
    settings.put("REGILD_DATABASE", postgres.url("regild"));
    settings.put("REGILD_STORE", "s3://" + S3Proxy.BUCKET + "/regild");
    settings.put("REGILD_STORE_ENDPOINT", store.endpoint().toString());
    settings.put("REGILD_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    return settings;
  }

  private static double percent(double before, double after) {
    return 100 * (after - before) / IDLE.toSeconds();
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static long calls(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT COALESCE(SUM(calls), 0) FROM pg_stat_statements"
                    + " WHERE query NOT LIKE '%pg_stat_statements%'")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static void printQueries(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT calls, query FROM pg_stat_statements ORDER BY calls DESC LIMIT 8")) {
      while (rows.next()) {
        String query = rows.getString(2).replaceAll("\\s+", " ");
        OUT.printf(
            Locale.ROOT,
            "  %6.2f a second  %s%n",
            rows.getLong(1) / (double) IDLE.toSeconds(),
            query.substring(0, Math.min(90, query.length())));
      }
    }
  }

  /** The embedded default at rest; an older build beside it. */
  private static void memory(List<String> launchers, Path directory) throws Exception {
    List<Process> servers = new ArrayList<>();
    try {
      for (String launcher : launchers) {
        servers.add(serve(launcher, directory, "embedded-" + servers.size(), Map.of()));
      }
      Thread.sleep(SETTLING);
      for (int i = 0; i < servers.size(); i++) {
        OUT.printf(
            "embedded server at rest%s: %d MiB resident, %d processes beside it%n",
            i == 0 ? " (goal 186)" : ", older build",
            status(servers.get(i), "VmRSS") >> 10,
            servers.get(i).descendants().count());
      }
    } finally {
      end(servers);
    }
  }

  private static Process serve(
      String launcher, Path directory, String name, Map<String, String> settings) throws Exception {
    Path data = Files.createDirectory(directory.resolve(name));
    Path log = directory.resolve(name + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(launcher, "serve", "--data", data.toString(), "--listen", "127.0.0.1:0")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().putAll(settings);
    Process process = builder.start();
    long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (!Files.readString(log).contains("server started")) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        process.destroy();
        throw new IOException(Files.readString(log));
      }
      Thread.sleep(100);
    }
    return process;
  }

  private static void end(List<Process> processes) throws InterruptedException {
    for (Process process : processes) {
      process.destroy();
      process.waitFor();
    }
  }

  /** The processor time that each has taken. */
  private static double[] seconds(List<Process> processes) throws IOException {
    double[] seconds = new double[processes.size()];
    for (int i = 0; i < seconds.length; i++) {
      seconds[i] = ProcessorTime.seconds(processes.get(i));
    }
    return seconds;
  }

  private static long status(Process process, String name) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
        .filter(line -> line.startsWith(name + ":"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
