package dev.regild.server;

import dev.regild.account.AccessKey;
import dev.regild.api.SigV4;
import dev.regild.channel.LargeChannel;
import dev.regild.db.Database;
import dev.regild.fixtures.ProcessorTime;
import dev.regild.insight.Changelog;
import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.Changelogs;
import dev.regild.insight.NamedCve;
import dev.regild.server.SignedRequest.Terms;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** Measures the API of a server in a process of its own, and prints a table; see bench/api.sh. */
final class ApiBench {
  private static final PrintStream OUT = System.out;
  private static final int STARTS = 5;
  private static final int DIFFERENT_REQUESTS = 5_000;
  private static final int CVES = 50;

  /** How long the compilers are busy once a server has something to do. */
  private static final Duration FIRST_WARM_UP = Duration.ofSeconds(40);

  /** After its first start a server is at rest when it takes so little for so long. */
  private static final int QUIET_SECONDS = 10;

  private static final int QUIET_TICKS = 5;
  private static final Duration LONGEST_SETTLING = Duration.ofMinutes(30);

  private static final Duration WARM_UP = Duration.ofSeconds(10);
  private static final Duration MEASURED = Duration.ofSeconds(5);
  private static final Duration LONGEST_JUDGING = Duration.ofMinutes(5);

  private final int port;
  private final AccessKey key;

  private ApiBench(int port, AccessKey key) {
    this.port = port;
    this.key = key;
  }

  /**
   * Makes the registry, then measures.
   *
   * @param arguments the launcher, an empty directory for the server's data, a free port
   */
  public static void main(String[] arguments) throws Exception {
    Path data = Path.of(arguments[1]);
    int port = Integer.parseInt(arguments[2]);
    LargeChannel.create(data);
    AccessKey key = LargeRegistry.create(data);
    Process server = serve(arguments[0], data, port);
    try {
      ApiBench bench = new ApiBench(port, key);
      bench.timeToFirstAnswer(server);
      settle(server);
      long[] nanoseconds = new long[STARTS];
      for (int i = 0; i < STARTS; i++) {
        end(server);
        server = serve(arguments[0], data, port);
        nanoseconds[i] = bench.timeToFirstAnswer(server);
      }
      printStart(nanoseconds, server);
      bench.printOperations();
      bench.printPlans(data);
      OUT.printf("resident after the load      %6d MiB%n", residentMebibytes(server));
    } finally {
      end(server);
    }
  }

  /** Waits until the server has indexed and judged what was put into its registry from outside. */
  private static void settle(Process server) throws IOException, InterruptedException {
    Instant started = Instant.now();
    Instant end = started.plus(LONGEST_SETTLING);
    int quiet = 0;
    long ticks = ticks(server);
    while (quiet < QUIET_SECONDS && Instant.now().isBefore(end)) {
      Thread.sleep(1000);
      long now = ticks(server);
      quiet = now - ticks <= QUIET_TICKS ? quiet + 1 : 0;
      ticks = now;
    }
    OUT.printf(
        Locale.ROOT,
        "first start: busy for        %6d s, %.0f s of processor time%n",
        Duration.between(started, Instant.now()).toSeconds() - quiet,
        ticks / 100.0);
  }

  /** The processor time that a process has taken, in hundredths of a second. */
  private static long ticks(Process process) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
  }

  private static void end(Process server) throws InterruptedException {
    server.destroy();
    server.waitFor();
  }

  private static Process serve(String launcher, Path data, int port) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                launcher, "serve", "--data", data.toString(), "--listen", "127.0.0.1:" + port)
            .redirectOutput(data.resolve("server.log").toFile())
            .redirectErrorStream(true);
    builder.environment().put("REGILD_QUOTAS_IMAGES", "1000000");
    return builder.start();
  }

  private long timeToFirstAnswer(Process server) throws IOException, InterruptedException {
    long started = System.nanoTime();
    byte[] request = describe("{\"MaxResults\": 1}");
    while (!isAnswered(request)) {
      if (!server.isAlive()) {
        throw new IOException("The server has ended; see server.log in its data directory.");
      }
      // Not oftener: what asks takes a processor from what starts.
      Thread.sleep(20);
    }
    return System.nanoTime() - started;
  }

  private static void printStart(long[] nanoseconds, Process server) throws Exception {
    long[] sorted = Arrays.stream(nanoseconds).sorted().toArray();
    OUT.printf(
        Locale.ROOT,
        """
        %,d images, %,d inventories of %,d packages
        start to first answer        %6.2f s, median of %d (%.2f to %.2f)
        """,
        LargeRegistry.IMAGES,
        LargeRegistry.INVENTORIES,
        LargeRegistry.PACKAGES,
        sorted[STARTS / 2] / 1e9,
        STARTS,
        sorted[0] / 1e9,
        sorted[STARTS - 1] / 1e9);
    Duration settling = ProcessorTime.awaitRest(server);
    OUT.printf("at rest after                %6d s%n", settling.toSeconds());
    OUT.printf("resident at rest             %6d MiB%n", residentMebibytes(server));
  }

  private boolean isAnswered(byte[] request) throws IOException {
    try (RawConnection connection = new RawConnection(port)) {
      return connection.write(request).read().status() == 200;
    } catch (ConnectException e) {
      return false;
    }
  }

  private static long residentMebibytes(Process server) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + server.pid() + "/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElseThrow();
  }

  private void printOperations() throws Exception {
    OUT.printf("%n%-42s %5s %10s %8s %8s%n", "", "conn.", "requests/s", "p50 ms", "p99 ms");
    var _ = new Load(port, List.of(describe("{}"))).run(16, FIRST_WARM_UP);
    print("DescribeImages, 25, first page", List.of(describe("{}")));
    print("DescribeImages, 25, last page", List.of(describe(lastPage())));
    print(
        "DescribeImages, by name",
        ofRandomImages("DescribeImages", name -> "{\"Names\": [\"%s\"]}".formatted(name)));
    print(
        "CreateUpdatedImage, dry run",
        ofRandomImages(
            "CreateUpdatedImage",
            name ->
                """
                {"existingImageName": "%s", "newImageName": "new", "dryRun": true}
                """
                    .formatted(name)));
    print(
        "DescribeImagePermissions",
        List.of(
            SignedRequest.of(
                    key,
                    "DescribeImagePermissions",
                    "{\"Name\": \"%s\"}".formatted(LargeRegistry.name(0)))
                .bytes()));
  }

  /** A dry run as {@code regild update --dry-run} asks for it: with each change, and its CVEs. */
  private void printPlans(Path data) throws Exception {
    try (Database database = Database.open(data.resolve("regild.db"))) {
      awaitVerdicts(database);
      print("plan, changelogs not read", plans());
      new Changelogs(database, Clock.systemUTC())
          .keep(Map.of(LargeChannel.PACKAGE_SHA256, changelog()));
    }
    print("plan, %d CVEs of each change".formatted(CVES), plans());
  }

  /** While a registry is new to it, the server judges its images, which takes a processor. */
  private static void awaitVerdicts(Database database) throws InterruptedException {
    long end = System.nanoTime() + LONGEST_JUDGING.toNanos();
    int judged = 0;
    while (judged < LargeRegistry.INVENTORIES && System.nanoTime() < end) {
      Thread.sleep(1000);
      judged =
          database.read(handle ->
              handle.createQuery("SELECT COUNT(*) FROM verdict").mapTo(Integer.class).one());
    }
    OUT.printf("images of %,d inventories judged%n", judged);
  }

  private List<byte[]> plans() {
    Terms terms = new Terms(key, "us-east-1", SigV4.SERVICE, Duration.ZERO, "regild/v1/plan");
    return randomImages()
        .map(name ->
            SignedRequest.of(
                    terms,
                    "",
                    "{\"image\": \"%s\"}".formatted(name).getBytes(StandardCharsets.UTF_8),
                    Map.of())
                .bytes())
        .toList();
  }

  /** The packages of the channel have the same content. */
  private static Changelog changelog() {
    List<NamedCve> cves =
        IntStream.range(0, CVES)
            .mapToObj(i -> new NamedCve("CVE-2026-" + (10_000 + i), true, "* Fix it"))
            .toList();
    return new Changelog(
        "package-1",
        "1.1-1",
        "package-1",
        "1.1-1",
        "",
        "",
        new ChangelogEntry("package-1", "0.1-1", List.of()),
        true,
        List.of(new ChangelogEntry("package-1", "1.1-1", cves)));
  }

  private void print(String title, List<byte[]> requests) throws Exception {
    Load load = new Load(port, requests);
    load.run(16, WARM_UP);
    for (int connections : new int[] {1, 16}) {
      Load.Outcome outcome = load.run(connections, MEASURED);
      OUT.printf(
          Locale.ROOT,
          "%-42s %5d %,10.0f %8.2f %8.2f%n",
          title,
          connections,
          outcome.perSecond(),
          outcome.p50(),
          outcome.p99());
    }
  }

  private List<byte[]> ofRandomImages(String operation, UnaryOperator<String> body) {
    return randomImages()
        .map(name -> SignedRequest.of(key, operation, body.apply(name)).bytes())
        .toList();
  }

  private static Stream<String> randomImages() {
    Random random = new Random(1);
    return IntStream.range(0, DIFFERENT_REQUESTS)
        .mapToObj(i -> LargeRegistry.name(random.nextInt(LargeRegistry.IMAGES)));
  }

  private byte[] describe(String body) {
    return SignedRequest.of(key, "DescribeImages", body).bytes();
  }

  /** The request of the last page, found by walking through all of them. */
  private String lastPage() throws IOException {
    String request = "{}";
    try (RawConnection connection = new RawConnection(port)) {
      while (true) {
        String next =
            JsonMapper.shared()
                .readTree(connection.write(describe(request)).read().body())
                .path("NextToken")
                .asString("");
        if (next.isEmpty()) {
          return request;
        }
        request = "{\"NextToken\": \"%s\"}".formatted(next);
      }
    }
  }
}
