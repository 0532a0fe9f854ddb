package dev.regild.server;

import dev.regild.account.AccessKey;
import dev.regild.channel.LargeChannel;
import dev.regild.db.Database;
import dev.regild.fixtures.PostgresCluster;
import dev.regild.fixtures.ProcessorTime;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Compares answers of a server on PostgreSQL with those of one on SQLite, both among 100,000 images
 * and at one connection, in turn; see bench/cluster.sh.
 */
final class ClusterApiBench {
  private static final PrintStream OUT = System.out;
  private static final int ROUNDS = 5;
  private static final int DIFFERENT_REQUESTS = 5_000;
  private static final Duration WARM_UP = Duration.ofSeconds(8);
  private static final Duration MEASURED = Duration.ofSeconds(4);

  /** A server with its key. */
  private record Server(int port, AccessKey key, Process process) {}

  private ClusterApiBench() {}

  /**
   * Measures both databases.
   *
   * @param arguments the launcher, an empty directory
   */
  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[1]);
    List<Process> processes = new ArrayList<>();
    try (PostgresCluster postgres = PostgresCluster.start()) {
      postgres.execute("CREATE DATABASE regild");
      Path embedded = data(directory, "embedded");
      AccessKey embeddedKey = LargeRegistry.create(embedded);
      Path shared = data(directory, "shared");
      AccessKey sharedKey = LargeRegistry.create(shared, Database.open(postgres.address("regild")));
      vacuum(postgres);
      try {
        Server sqlite = serve(processes, arguments[0], embedded, embeddedKey, "");
        Server other = serve(processes, arguments[0], shared, sharedKey, postgres.url("regild"));
        var _ = ProcessorTime.awaitRest(sqlite.process());
        var _ = ProcessorTime.awaitRest(other.process());
        // What the server has written meanwhile.
        vacuum(postgres);
        OUT.printf(
            "%-34s %12s %12s %8s%n%-34s %12s %12s %8s%n",
            "p99 in ms, 1 connection", "PostgreSQL", "SQLite", "ratio", "goal", "10", "", "2");
        compare("DescribeImages, 25", sqlite, other, "DescribeImages", "{}");
        compare("DescribeImages, by name", sqlite, other, "DescribeImages", "{\"Names\":[\"%s\"]}");
        compare(
            "CreateUpdatedImage, dry run",
            sqlite,
            other,
            "CreateUpdatedImage",
            "{\"existingImageName\":\"%s\",\"newImageName\":\"new\",\"dryRun\":true}");
      } finally {
        for (Process process : processes) {
          process.destroy();
          process.waitFor();
        }
      }
    }
  }

  /** As the autovacuum of a real cluster does. */
  private static void vacuum(PostgresCluster postgres) throws SQLException {
    try (var connection = postgres.connect("regild");
        var statement = connection.createStatement()) {
      statement.execute("VACUUM ANALYZE");
    }
  }

  private static Path data(Path directory, String name) throws Exception {
    Path data = Files.createDirectory(directory.resolve(name));
    LargeChannel.create(data);
    return data;
  }

  private static Server serve(
      List<Process> processes, String launcher, Path data, AccessKey key, String database)
      throws Exception {
    Path log = data.resolve("server.log");
    ProcessBuilder builder =
        new ProcessBuilder(launcher, "serve", "--data", data.toString(), "--listen", "127.0.0.1:0")
            .redirectOutput(log.toFile())
            .redirectErrorStream(true);
    builder.environment().put("REGILD_QUOTAS_IMAGES", "1000000");
    if (!database.isEmpty()) {
      builder.environment().put("REGILD_DATABASE", database);
    }
    Process process = builder.start();
    processes.add(process);
    long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (!Files.readString(log).contains("server started")) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        throw new IOException(Files.readString(log));
      }
      Thread.sleep(100);
    }
    int port =
        Integer.parseInt(
            Files.readString(log)
                .lines()
                .filter(line -> line.contains("server started"))
                .findFirst()
                .orElseThrow()
                .replaceFirst(".* address=\"?[0-9.]+:(\\d+).*", "$1"));
    return new Server(port, key, process);
  }

  /** Medians of the rounds, in which one is measured after the other. */
  private static void compare(
      String title, Server sqlite, Server postgres, String operation, String body)
      throws Exception {
    List<byte[]> ofSqlite = requests(sqlite, operation, body);
    List<byte[]> ofPostgres = requests(postgres, operation, body);
    var _ = new Load(sqlite.port(), ofSqlite).run(1, WARM_UP);
    var _ = new Load(postgres.port(), ofPostgres).run(1, WARM_UP);
    double[] before = new double[ROUNDS];
    double[] after = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      before[i] = new Load(sqlite.port(), ofSqlite).run(1, MEASURED).p99();
      after[i] = new Load(postgres.port(), ofPostgres).run(1, MEASURED).p99();
    }
    Arrays.sort(before);
    Arrays.sort(after);
    OUT.printf(
        Locale.ROOT,
        "%-34s %12.2f %12.2f %8.2f%n",
        title,
        after[ROUNDS / 2],
        before[ROUNDS / 2],
        after[ROUNDS / 2] / before[ROUNDS / 2]);
  }

  private static List<byte[]> requests(Server server, String operation, String body) {
    Random random = new Random(1);
    return IntStream.range(0, body.contains("%s") ? DIFFERENT_REQUESTS : 1)
        .mapToObj(_ -> body.formatted(LargeRegistry.name(random.nextInt(LargeRegistry.IMAGES))))
        .map(each -> SignedRequest.of(server.key(), operation, each).bytes())
        .toList();
  }
}
