package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.RoomReservations;
import dev.regild.server.RawConnection.Answer;
import dev.regild.server.SignedRequest.Terms;
import dev.regild.server.config.ByteSize;
import dev.regild.server.config.Config;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.PacedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client can make the server wait for, read, keep or hold, with a key or without. */
class StrangerIT {
  private static final Config.Http LIMITS =
      new Config.Http(
          8,
          6,
          Duration.ofSeconds(2),
          Duration.ofSeconds(2),
          Duration.ofSeconds(2),
          new ByteSize(64 << 10));

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @RegisterExtension
  static final RunningServer RUNNING =
      new RunningServer(data -> new ServerFixture(data, LIMITS, new RoomReservations()));

  private static ServerFixture server;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
  }

  /** A connection counts until the server has seen that its client is gone. */
  @BeforeEach
  void awaitOthersToBeGone() throws InterruptedException {
    await(() -> server.metrics.registry().get("regild.connections").gauge().value() <= 2);
  }

  @Test
  void whoHasNoKeyIsAnsweredBeforeAnyOfTheBodyHasCome() throws Exception {
    AccessKey unknown = AccessKey.generate(server.account, false);
    SignedRequest expired =
        SignedRequest.of(
            new Terms(server.key, "us-east-1", "appstream", Duration.ofMinutes(-10), ""),
            "DescribeImages",
            new byte[0],
            Map.of());
    SignedRequest otherService =
        SignedRequest.of(
            new Terms(server.key, "us-east-1", "ec2", Duration.ZERO, ""),
            "DescribeImages",
            new byte[0],
            Map.of());
    AccessKey forged = new AccessKey(server.key.id(), "x".repeat(40), server.account, false, true);
    SignedRequest forgedWithHash =
        SignedRequest.of(
            Terms.of(forged),
            "DescribeImages",
            new byte[0],
            Map.of("x-amz-content-sha256", List.of("0".repeat(64))));
    assertThat(refusalWithoutBody(SignedRequest.of(unknown, "DescribeImages", "")))
        .isEqualTo("UnrecognizedClientException");
    assertThat(refusalWithoutBody(expired)).isEqualTo("InvalidSignatureException");
    assertThat(refusalWithoutBody(otherService)).isEqualTo("InvalidSignatureException");
    assertThat(refusalWithoutBody(forgedWithHash)).isEqualTo("InvalidSignatureException");
    assertThat(refusalWithoutBody(new SignedRequest("", List.of("Host: localhost"), new byte[0])))
        .isEqualTo("MissingAuthenticationTokenException");
  }

  private String refusalWithoutBody(SignedRequest request) throws IOException {
    try (RawConnection connection = connect()) {
      Answer answer = connection.write(request.start("HTTP/1.1", "Content-Length: 1000000")).read();
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.header("connection")).isEqualToIgnoringCase("close");
      return answer.header("x-amzn-errortype");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/health/live", "/nothing"})
  void aBodyThatNobodyWantsIsNotReadToItsEnd(String path) throws Exception {
    try (RawConnection connection = connect()) {
      connection.write(
          "GET %s HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n"
              .formatted(path)
              .getBytes(UTF_8));
      Answer answer = connection.skip();
      assertThat(answer.header("connection")).isEqualToIgnoringCase("close");
      assertThat(connection.isEnded()).isTrue();
    }
  }

  @Test
  void aClientThatSendsItsWholeBodyBeforeItReadsStillReadsTheRefusal() throws Exception {
    AccessKey unknown = AccessKey.generate(server.account, false);
    SignedRequest large = SignedRequest.of(unknown, "DescribeImages", " ".repeat(4 << 20));
    try (RawConnection connection = connect()) {
      assertThat(connection.write(large.bytes()).read().status()).isEqualTo(403);
    }
  }

  @Test
  void aHeadThatComesByteByByteIsNotWaitedFor() throws Exception {
    double before = ended("head");
    atOnce(
        Stream.of("HTTP/1.1", "HTTP/1.0")
            .map(version ->
                "GET /health/live %s\r\nHost: x\r\nX-Long: %s"
                    .formatted(version, "x".repeat(10_000)))
            .map(head -> dripped(new byte[0], head.getBytes(UTF_8)))
            .toList());
    assertThat(ended("head")).isEqualTo(before + 2);
  }

  @Test
  void aConnectionThatSaysNothingIsNotKept() throws Exception {
    double silentBefore = ended("head");
    double idleBefore = ended("idle");
    try (RawConnection silent = connect();
        RawConnection kept = connect()) {
      kept.write("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
      assertThat(kept.read().status()).isEqualTo(200);
      assertThat(silent.isEnded()).isTrue();
      assertThat(kept.isEnded()).isTrue();
    }
    assertThat(ended("head")).isEqualTo(silentBefore + 1);
    assertThat(ended("idle")).isEqualTo(idleBefore + 1);
  }

  @Test
  void aBodyThatComesByteByByteIsNotWaitedForAndNothingOfItIsKept() throws Exception {
    SignedRequest call = SignedRequest.of(server.key, "DescribeImages", "{}");
    double before = ended("body");
    atOnce(
        Stream.of(call, upload(new byte[100_000]))
            .map(request -> request.start("HTTP/1.1", "Content-Length: 100000"))
            .map(head -> dripped(head, new byte[100_000]))
            .toList());
    assertThat(ended("body")).isEqualTo(before + 2);
    try (Stream<Path> files = Files.list(server.data.resolve("disks"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .allMatch(name -> name.endsWith(".json") || Files.exists(record(name)));
    }
  }

  @Test
  void anUploadThatKeepsItsRateMayTakeLongerThanACall() throws Exception {
    byte[] disk = new byte[900_000];
    try (RawConnection connection = connect()) {
      connection.write(upload(disk).start("HTTP/1.1", "Content-Length: " + disk.length));
      for (int part = 0; part < 9; part++) {
        connection.write(new byte[100_000]);
        Thread.sleep(300);
      }
      // It was read to its end: only then is its content looked at.
      assertThat(connection.read().header("x-amzn-errortype"))
          .isEqualTo("IncompatibleImageException");
    }
  }

  @Test
  void aChunkOfAGigabyteIsNotGathered() throws Exception {
    try (RawConnection connection = connect()) {
      connection.write(
          upload(new byte[0]).start("HTTP/1.1", "Transfer-Encoding: chunked"),
          "40000000\r\n".getBytes(UTF_8),
          new byte[PacedReader.LARGEST_PIECE + (1 << 20)]);
      Answer answer = connection.read();
      assertThat(answer.status()).isEqualTo(413);
      assertThat(answer.body()).contains("A chunk of the body has more than");
    }
  }

  @Test
  void thousandsOfHeadersAreRefused() throws Exception {
    try (RawConnection connection = connect()) {
      connection.write(
          "GET /health/live HTTP/1.1\r\nHost: x\r\n%s\r\n"
              .formatted("a: b\r\n".repeat(1000))
              .getBytes(UTF_8));
      assertThat(connection.read().header("x-amzn-errortype")).isEqualTo("SerializationException");
    }
  }

  @Test
  void whoeverHoldsConnectionsAndSaysNothingKeepsNobodyOut() throws Exception {
    List<RawConnection> held = new ArrayList<>();
    try {
      for (int i = 0; i < 30; i++) {
        // From the second address, as many as it may have; from the first, all that are left.
        held.add(new RawConnection(server.port(), i % 2 == 0 ? "127.0.0.1" : "127.0.0.2"));
        held.getLast().write("POST / HTTP/1.1\r\n".getBytes(UTF_8));
      }
      assertThat(server.ask(server.key, "DescribeImages", "{}").status()).isEqualTo(200);
      assertThat(held.getFirst().isEnded()).isTrue();
      assertThat(ended("replaced")).isGreaterThanOrEqualTo(20);
    } finally {
      for (RawConnection connection : held) {
        connection.close();
      }
    }
  }

  @Test
  void whoWorksIsNotEndedForANewConnectionWhichIsToldToWait() throws Exception {
    List<RawConnection> uploads = new ArrayList<>();
    try {
      for (int i = 0; i < LIMITS.connectionsPerAddress(); i++) {
        RawConnection connection = connect();
        uploads.add(connection);
        connection.write(
            upload(new byte[0])
                .with("Expect: 100-continue")
                .start("HTTP/1.1", "Content-Length: 500"));
        // Being told to go on shows that the upload is being worked on.
        assertThat(connection.read().status()).isEqualTo(100);
      }
      try (RawConnection more = connect()) {
        more.write("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
        Answer answer = more.read();
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.header("retry-after")).isEqualTo("5");
        assertThat(OwnAnswers.json().readTree(answer.body()).path("__type").asString())
            .isEqualTo("ServiceUnavailableException");
        assertThat(more.isEnded()).isTrue();
      }
      try (RawConnection other = new RawConnection(server.port(), "127.0.0.2")) {
        other.write("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
        assertThat(other.read().status()).as("another address has its own share").isEqualTo(200);
      }
    } finally {
      for (RawConnection connection : uploads) {
        connection.close();
      }
    }
  }

  @Test
  void aClientThatTakesNothingOfADiskIsNotWrittenToForEver() throws Exception {
    String id = "ami-0123456789abcdeff";
    server.disks.export(
        id,
        server.account.id(),
        DiskFormat.RAW,
        _ -> {},
        file -> {
          try (var disk = new RandomAccessFile(file.toFile(), "rw")) {
            disk.setLength(64L << 20);
          }
        });
    try (RawConnection connection = connect()) {
      connection.write(get("/regild/v1/disks/" + id));
      await(() -> ended("answer") > 0);
    }
  }

  @Test
  void theOwnerOfAKeyIsServedWhileAStrangerGuessesItsSecret() throws Exception {
    AccessKey forged = new AccessKey(server.key.id(), "x".repeat(40), server.account, false, true);
    byte[] guess = SignedRequest.of(forged, "DescribeImages", "{}").bytes();
    byte[] right = SignedRequest.of(server.key, "DescribeImages", "{}").bytes();
    for (int i = 0; i < 110; i++) {
      assertThat(answer(guess).status()).isEqualTo(403);
      if (i % 10 == 0) {
        assertThat(answer(right).status()).isEqualTo(200);
      }
    }
  }

  private Answer answer(byte[] request) throws Exception {
    awaitOthersToBeGone();
    try (RawConnection connection = connect()) {
      return connection.write(request).read();
    }
  }

  @Test
  void readinessIsToldWhileSomebodyWrites() throws Exception {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    Thread writer =
        Thread.ofVirtual()
            .start(() ->
                server.database.useTransaction(_ -> {
                  writing.countDown();
                  awaitUninterruptibly(asked);
                }));
    writing.await();
    try {
      HttpResponse<String> ready =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(server.uri("/health/ready")).build(),
                  BodyHandlers.ofString());
      assertThat(ready.statusCode()).isEqualTo(200);
      assertThat(ready.body()).contains("\"database\":\"UP\"", "\"data\":\"UP\"");
      assertThat(writer.isAlive()).isTrue();
    } finally {
      asked.countDown();
      writer.join();
    }
  }

  private static Path record(String disk) {
    return server.data.resolve("disks").resolve(disk.replace(".disk", ".json"));
  }

  private RawConnection connect() throws IOException {
    return new RawConnection(server.port());
  }

  private SignedRequest upload(byte[] disk) {
    return SignedRequest.of(
        new Terms(server.key, "us-east-1", "appstream", Duration.ZERO, "regild/v1/disks"),
        "",
        disk,
        Map.of());
  }

  private byte[] get(String path) {
    return SignedGet.of(server.key, path);
  }

  /** A request whose end comes so slowly that the server ends its connection. */
  private Callable<Boolean> dripped(byte[] begin, byte[] end) {
    return () -> {
      try (RawConnection connection = connect()) {
        connection.write(begin);
        drip(connection, end);
        assertThat(connection.isEnded()).isTrue();
        return true;
      }
    };
  }

  private static void atOnce(List<Callable<Boolean>> clients) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Boolean> client : threads.invokeAll(clients)) {
        assertThat(client.get()).isTrue();
      }
    }
  }

  /** Sends a byte now and then until the server has had enough. */
  private static void drip(RawConnection connection, byte[] bytes) throws InterruptedException {
    try {
      for (byte b : bytes) {
        connection.write(new byte[] {b});
        Thread.sleep(50);
      }
    } catch (IOException e) {
      return;
    }
    throw new AssertionError("the server waited for all of it");
  }

  private double ended(String reason) {
    return server.metrics.registry().counter("regild.connections.ended", "reason", reason).count();
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void await(java.util.function.BooleanSupplier condition)
      throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(end);
      Thread.sleep(5);
    }
  }
}
