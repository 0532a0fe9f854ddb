package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.GivenRoom;
import dev.regild.disk.QemuImg;
import dev.regild.fixtures.EachDatabase;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.quota.AccountQuotas;
import dev.regild.image.quota.Quota;
import dev.regild.plan.UpdateOptions;
import dev.regild.server.RawConnection.Answer;
import dev.regild.server.config.Config;
import dev.regild.update.UpdateRequest;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.StatementContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whoever may only read does no more harm than reading. */
@EachDatabase
class ReadOnlyKeyTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final AtomicLong FREE = new AtomicLong(1L << 40);

  @RegisterExtension
  static final RunningServer RUNNING =
      new RunningServer(
          data -> new ServerFixture(data, Config.Http.DEFAULT, GivenRoom.of(FREE::get)));

  private static ServerFixture server;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    server.golden("us-east-1", "golden");
  }

  @Test
  void fiftyStreamsAskTheDatabaseAsOftenAsOne() throws Exception {
    quota(Quota.EVENT_STREAMS, 100);
    Image image = update("streamed");
    List<RawConnection> streams = new ArrayList<>();
    try {
      for (int i = 0; i < 50; i++) {
        streams.add(stream("streamed"));
      }
      AtomicInteger queries = new AtomicInteger();
      server
          .database
          .jdbi()
          .setSqlLogger(
              new SqlLogger() {
                @Override
                public void logAfterExecution(StatementContext context) {
                  queries.incrementAndGet();
                }
              });
      long start = System.nanoTime();
      await(
          () -> queries.get() >= 4 && System.nanoTime() - start > Duration.ofSeconds(1).toNanos());
      server.database.jdbi().setSqlLogger(SqlLogger.NOP_SQL_LOGGER);
      long looks = Duration.ofNanos(System.nanoTime() - start).toMillis() / 250;
      // One look each 250 ms is one query; the streams' first look may come on top. Fifty streams
      // that each look for themselves would be 150 a look.
      assertThat(queries.get()).isLessThan(20 + 2 * (int) looks);

      server.database.useTransaction(handle -> server.updates.beginAttempt(handle, image.id()));
      server.database.useTransaction(
          handle -> server.steps.begin(handle, image.id(), 1, 1, "Prepare"));
      for (RawConnection each : streams) {
        each.await("\"name\":\"Prepare\"");
      }
      server.fail(image);
      for (RawConnection each : streams) {
        each.await("\"status\":\"FAILED\"");
      }
    } finally {
      for (RawConnection each : streams) {
        each.close();
      }
    }
  }

  @Test
  void aReadOnlyKeyLeavesHalfOfTheStreamsToOthersOfItsAccount() throws Exception {
    quota(Quota.EVENT_STREAMS, 3);
    update("shared");
    try (RawConnection first = stream("shared");
        RawConnection second = stream("shared")) {
      Answer refused = streamAnswer("shared", server.readOnlyKey);
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.body())
          .contains("is 3, of which a read-only key may use 2, and this one uses 2");
      try (RawConnection third = stream("shared", server.key)) {
        assertThat(streamAnswer("shared", server.key).body())
            .contains("is 3, and the account " + server.account.id() + " has 3");
        assertThat(List.of(first, second, third)).doesNotContainNull();
      }
    }
  }

  @Test
  void streamsPastTheAccountsQuotaAreRefusedUntilOneHasEnded() throws Exception {
    quota(Quota.EVENT_STREAMS, 2);
    update("watched");
    try (RawConnection first = stream("watched")) {
      try (RawConnection second = stream("watched", server.key)) {
        Answer refused = streamAnswer("watched", server.key);
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("retry-after")).isEqualTo("5");
        assertThat(refused.header("x-amzn-errortype")).isEqualTo("ThrottlingException");
        assertThat(refused.body())
            .contains("The quota for concurrent event streams is 2, and the account");
        assertThat(second).isNotNull();
      }
      // The client of the second has gone without a word, and is not waited for.
      await(() -> streamAnswer("watched", server.key).status() == 200);
      assertThat(first).isNotNull();
    }
  }

  @Test
  void aReadOnlyKeyStartsAndCancelsNothing() throws Exception {
    for (String path :
        List.of(
            "/regild/v1/images/golden/flatten",
            "/regild/v1/images/golden/cancel",
            "/regild/v1/exports/none/cancel")) {
      HttpResponse<byte[]> refused = server.send(server.readOnlyKey, "POST", path);
      assertThat(refused.statusCode()).as(path).isEqualTo(403);
      assertThat(new String(refused.body(), UTF_8)).as(path).contains("read-only");
    }
  }

  @Test
  void anotherAccountsJobsAreNeitherSeenNorCancelled() throws Exception {
    AccessKey stranger = server.accounts.createKey(server.accounts.create("stranger"), false);
    update("foreign");
    for (String path :
        List.of("/regild/v1/images/foreign/job", "/regild/v1/images/golden/flatten")) {
      assertNotFound(server.send(stranger, "GET", path), path);
    }
    for (String path :
        List.of(
            "/regild/v1/images/foreign/cancel",
            "/regild/v1/images/golden/flatten",
            "/regild/v1/exports/none/cancel")) {
      assertNotFound(server.send(stranger, "POST", path), path);
    }
  }

  private static void assertNotFound(HttpResponse<byte[]> answer, String path) {
    assertThat(new String(answer.body(), UTF_8))
        .as(path + " " + answer.statusCode())
        .contains("ResourceNotFoundException");
  }

  @Test
  void downloadsPastTheAccountsQuotaAreRefused() throws Exception {
    quota(Quota.DOWNLOADS, 0);
    for (String path :
        List.of(
            "/regild/v1/images/golden/disk",
            "/regild/v1/images/golden/sbom",
            "/regild/v1/images/golden/diff?with=golden",
            "/regild/v1/disks/" + ServerFixture.DISK)) {
      HttpResponse<byte[]> refused = server.send(server.readOnlyKey, "GET", path);
      assertThat(refused.statusCode()).as(path).isEqualTo(429);
      assertThat(refused.headers().firstValue("retry-after")).contains("5");
    }
    quota(Quota.DOWNLOADS, 4);
    for (String path :
        List.of(
            "/regild/v1/images/golden/disk",
            "/regild/v1/images/golden/sbom",
            "/regild/v1/images/golden/diff?with=golden")) {
      assertThat(server.send(server.readOnlyKey, "GET", path).statusCode()).as(path).isEqualTo(200);
    }
  }

  @Test
  void anExportWithoutRoomIsRefusedAndLeavesNothing() throws Exception {
    FREE.set(1 << 19);
    try {
      HttpResponse<byte[]> refused =
          server.send(server.readOnlyKey, "GET", "/regild/v1/images/golden/disk?format=vmdk");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(new String(refused.body(), java.nio.charset.StandardCharsets.UTF_8))
          .contains("has no room for");
    } finally {
      FREE.set(1L << 40);
    }
    server.requireNoDisksOfExports();
    assertThat(
            server
                .send(server.readOnlyKey, "GET", "/regild/v1/images/golden/disk?format=vmdk")
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  void exportsAtOnceAreAllAnswered() throws Exception {
    quota(Quota.DOWNLOADS, 8);
    List<Callable<Integer>> calls = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      calls.add(() ->
          server
              .send(server.readOnlyKey, "GET", "/regild/v1/images/golden/disk?format=raw")
              .body()
              .length);
    }
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Integer> call : threads.invokeAll(calls)) {
        assertThat(call.get()).isEqualTo(1 << 20);
      }
    }
    server.requireNoDisksOfExports();
  }

  @Test
  void anExportWhoseClientIsGoneIsNotMadeToItsEnd() throws Exception {
    quota(Quota.DOWNLOADS, 4);
    server.golden("us-east-1", "large");
    Path layer = server.data.resolve("layer-large-us-east-1.qcow2");
    Files.delete(layer);
    writeLarge(layer);
    try (RawConnection client = new RawConnection(server.port())) {
      client.write(SignedGet.of(server.readOnlyKey, "/regild/v1/images/large/disk?format=vmdk"));
      await(() -> halted(layer));
    }
    await(() -> !isRead(layer));
    await(() ->
        server
                .send(server.readOnlyKey, "GET", "/regild/v1/images/golden/disk?format=vhdx")
                .statusCode()
            == 200);
    server.requireNoDisksOfExports();
  }

  /** Large enough that a conversion of it can be met under way. */
  private static void writeLarge(Path layer) throws Exception {
    Path raw = server.data.resolve("large.raw");
    byte[] noise = new byte[1 << 20];
    new Random(1).nextBytes(noise);
    try (OutputStream out = Files.newOutputStream(raw)) {
      for (int i = 0; i < 300; i++) {
        out.write(noise);
      }
    }
    QemuImg.convert(raw, DiskFormat.RAW, layer, DiskFormat.QCOW2, _ -> {});
    Files.delete(raw);
  }

  /** Whether a conversion of the file was met, which makes no progress from now on. */
  private static boolean halted(Path layer) throws Exception {
    Optional<ProcessHandle> converting =
        readers(layer)
            .filter(program ->
                program.info().command().filter(name -> name.endsWith("qemu-img")).isPresent())
            .filter(program ->
                program.info().commandLine().filter(line -> line.contains("convert")).isPresent())
            .findFirst();
    return converting.isPresent()
        && new ProcessBuilder("kill", "-STOP", Long.toString(converting.get().pid()))
                .start()
                .waitFor()
            == 0;
  }

  private static boolean isRead(Path file) {
    return readers(file).findAny().isPresent();
  }

  private static Stream<ProcessHandle> readers(Path file) {
    return ProcessHandle.current()
        .descendants()
        .filter(program ->
            program
                .info()
                .commandLine()
                .filter(line -> line.contains(file.toString()))
                .isPresent());
  }

  private static RawConnection stream(String image) throws Exception {
    return stream(image, server.readOnlyKey);
  }

  private static RawConnection stream(String image, AccessKey key) throws Exception {
    RawConnection connection = new RawConnection(server.port());
    connection.write(SignedGet.of(key, "/regild/v1/updates/" + image, "Accept: text/event-stream"));
    connection.await("data: ");
    return connection;
  }

  private static Answer streamAnswer(String image, AccessKey key) throws Exception {
    try (RawConnection connection = new RawConnection(server.port())) {
      return connection
          .write(SignedGet.of(key, "/regild/v1/updates/" + image, "Accept: text/event-stream"))
          .read();
    }
  }

  private static void quota(Quota quota, int limit) {
    server.database.useTransaction(
        handle -> AccountQuotas.put(handle, server.account.id(), quota, limit));
  }

  private static Image update(String name) {
    server.update(
        new UpdateRequest(
            server.owner("us-east-1"),
            "golden",
            name,
            Optional.empty(),
            Optional.empty(),
            Map.of(),
            false,
            UpdateOptions.NONE,
            ""));
    return server.database.read(handle -> Images.require(handle, server.owner("us-east-1"), name));
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(end);
      Thread.sleep(5);
    }
  }
}
