package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.regild.cli.Regild;
import dev.regild.files.Sha256;
import dev.regild.fixtures.HaProxy;
import dev.regild.fixtures.PostgresCluster;
import dev.regild.store.HalfUpload;
import dev.regild.store.ObjectStore;
import dev.regild.store.S3Proxy;
import dev.regild.store.StoreLimits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.SequenceInputStream;
import java.io.StringWriter;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Uploads to two nodes on one PostgreSQL and one S3 server, of which the one that receives is
 * killed in between: the other one takes the rest.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class UploadsAcrossNodesIT {
  private static final String UPLOADS = "/regild/v1/uploads";
  private static final int PART = 16 << 20;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir static Path directory;
  private static TestCluster cluster;
  private static HttpClient http;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(PostgresCluster.isInstalled(), "PostgreSQL is not installed");
    cluster = TestCluster.start(directory.toRealPath(), List.of("a", "b"));
    http = HttpClient.newHttpClient();
    // What is imported waits; no disk of these is a system.
    FaultsBench.drain(cluster, List.of("a", "b"), "drain");
  }

  @AfterAll
  static void end() throws Exception {
    if (cluster != null) {
      http.close();
      cluster.close();
    }
  }

  /** A raw disk with an empty partition table, and the same noise in each of its MiB. */
  private static byte[] disk(int bytes) {
    byte[] noise = new byte[1 << 20];
    new Random(bytes).nextBytes(noise);
    byte[] disk = new byte[bytes];
    for (int at = 0; at < bytes; at += noise.length) {
      System.arraycopy(noise, 0, disk, at, Math.min(noise.length, bytes - at));
    }
    Arrays.fill(disk, 0, 512, (byte) 0);
    disk[510] = 0x55;
    disk[511] = (byte) 0xAA;
    return disk;
  }

  private static HttpResponse<String> send(
      String node, String method, String path, BodyPublisher body) throws Exception {
    return http.send(request(node, method, path, body), BodyHandlers.ofString());
  }

  private static HttpResponse<String> send(String node, String method, String path)
      throws Exception {
    return send(node, method, path, BodyPublishers.noBody());
  }

  private static HttpRequest request(String node, String method, String path, BodyPublisher body) {
    return HttpRequest.newBuilder(cluster.node(node).endpoint().resolve(path))
        .method(method, body)
        .build();
  }

  private static JsonNode json(HttpResponse<String> answer) {
    return JsonMapper.shared().readTree(answer.body());
  }

  @Test
  @Order(1)
  void anUploadToAKilledNodeGoesOnAtAnother() throws Exception {
    byte[] disk = disk((40 << 20) + 512);
    HttpResponse<String> begun = send("a", "POST", UPLOADS + "?bytes=" + disk.length);
    assertThat(begun.statusCode()).as(begun.body()).isEqualTo(201);
    String upload = begun.headers().firstValue("Location").orElseThrow();
    String id = json(begun).path("diskId").asString();
    assertThat(upload).isEqualTo(UPLOADS + "/" + id);
    assertThat(json(send("b", "GET", UPLOADS)).path("uploads"))
        .singleElement()
        .satisfies(it -> assertThat(it.path("diskId").asString()).isEqualTo(id));

    CountDownLatch killed = new CountDownLatch(1);
    CompletableFuture<HttpResponse<String>> broken =
        http.sendAsync(
            request(
                "a",
                "PATCH",
                upload + "?offset=0",
                BodyPublishers.ofInputStream(() -> stalling(disk, PART + (8 << 20), killed))),
            BodyHandlers.ofString());
    awaitReceived("b", upload, PART);
    cluster.node("a").kill();
    killed.countDown();
    assertThatThrownBy(broken::join).hasCauseInstanceOf(IOException.class);

    HttpResponse<String> head = send("b", "HEAD", upload);
    assertThat(head.headers().firstValue("Upload-Offset")).hasValue(Integer.toString(PART));
    assertThat(head.headers().firstValue("Upload-Length")).hasValue(Integer.toString(disk.length));
    HttpResponse<String> again =
        send("b", "PATCH", upload + "?offset=0", BodyPublishers.ofByteArray(disk));
    assertThat(again.body()).contains("ConcurrentModificationException", "has " + PART + " bytes");
    HttpResponse<String> rest =
        send(
            "b",
            "PATCH",
            upload + "?offset=" + PART,
            BodyPublishers.ofByteArray(disk, PART, disk.length - PART));
    assertThat(rest.statusCode()).as(rest.body()).isEqualTo(201);
    assertThat(json(rest).path("sha256").asString()).isEqualTo(Sha256.of(disk));
    // As after a lost answer.
    HttpResponse<String> asked = send("b", "PATCH", upload + "?offset=" + disk.length);
    assertThat(json(asked)).isEqualTo(json(rest));
    assertThat(send("b", "GET", upload).statusCode()).isEqualTo(404);

    cluster.start("a");
    assertThat(cluster.data("a").resolve("arriving")).isEmptyDirectory();
    Path back = cluster.node("a").download("/regild/v1/disks/" + id, directory.resolve("back"));
    assertThat(Sha256.of(back)).isEqualTo(Sha256.of(disk));
    assertThat(send("a", "DELETE", "/regild/v1/disks/" + id).statusCode()).isEqualTo(204);
  }

  /** The bytes up to an offset; then nothing comes until the latch opens. */
  private static InputStream stalling(byte[] disk, int offset, CountDownLatch opens) {
    return new SequenceInputStream(
        new ByteArrayInputStream(disk, 0, offset),
        new InputStream() {
          @Override
          public int read() throws IOException {
            try {
              opens.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            return -1;
          }

          @Override
          public int read(byte[] bytes, int offset, int length) throws IOException {
            return read();
          }
        });
  }

  private static void awaitReceived(String node, String upload, long bytes) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (json(send(node, "GET", upload)).path("received").asLong() < bytes) {
      assertThat(System.nanoTime()).as(cluster.logs()).isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  @Test
  @Order(2)
  void anUploadIsRefusedOrRemovedOnWhicheverNode() throws Exception {
    HttpResponse<String> noSize = send("a", "POST", UPLOADS);
    assertThat(noSize.body()).contains("bytes must be a number of bytes");
    HttpResponse<String> begun = send("a", "POST", UPLOADS + "?bytes=1048576");
    String upload = begun.headers().firstValue("Location").orElseThrow();
    HttpResponse<String> refused =
        send("b", "PATCH", upload + "?offset=0", BodyPublishers.ofByteArray(new byte[1 << 20]));
    assertThat(refused.body()).contains("IncompatibleImageException");
    assertThat(send("a", "GET", upload).statusCode()).isEqualTo(404);

    String other =
        send("a", "POST", UPLOADS + "?bytes=1048576")
            .headers()
            .firstValue("Location")
            .orElseThrow();
    assertThat(send("b", "DELETE", other).statusCode()).isEqualTo(204);
    assertThat(send("a", "PATCH", other + "?offset=0").statusCode()).isEqualTo(404);
    assertThat(json(send("a", "GET", UPLOADS)).path("uploads")).isEmpty();
    assertThat(halfUploads()).isEmpty();
  }

  /** As in a rack whose front hands requests out: the command finds the other node by itself. */
  @Test
  @Order(3)
  void theImportCommandGoesOnAtTheOtherNode() throws Exception {
    Path file = Files.write(directory.resolve("disk.raw"), disk(128 << 20));
    StringWriter out = new StringWriter();
    StringWriter errors = new StringWriter();
    try (HaProxy proxy =
        HaProxy.start(
            directory, List.of(cluster.node("a").endpoint(), cluster.node("b").endpoint()))) {
      CompletableFuture<Integer> status =
          CompletableFuture.supplyAsync(() ->
              Regild.run(
                  new PrintWriter(out, true),
                  new PrintWriter(errors, true),
                  "import",
                  file.toString(),
                  "--name",
                  "moved",
                  "--endpoint",
                  proxy.endpoint().toString(),
                  "--data",
                  cluster.data("a").toString()));
      String receiving = awaitReceiving(status);
      String other = receiving.equals("a") ? "b" : "a";
      JsonNode begun = json(send(other, "GET", UPLOADS)).path("uploads").path(0);
      awaitReceived(other, UPLOADS + "/" + begun.path("diskId").asString(), PART);
      cluster.node(receiving).kill();
      assertThat(status.join()).as("%s%s", out, errors).isZero();
      assertThat(out + "" + errors).contains("Uploaded " + file);
      assertThat(cluster.node(other).log()).contains("disk uploaded");
      assertThat(json(send(other, "GET", "/regild/v1/disks")).path("disks"))
          .singleElement()
          .satisfies(it -> assertThat(it.path("sha256").asString()).isEqualTo(Sha256.of(file)));
      assertThat(halfUploads()).isEmpty();
    }
  }

  /** Returns the node that has a part of the upload on its way. */
  private static String awaitReceiving(CompletableFuture<Integer> command) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      for (String name : cluster.names()) {
        Path arriving = cluster.data(name).resolve("arriving");
        String[] parts = arriving.toFile().list();
        if (parts != null && parts.length > 0) {
          return name;
        }
      }
      assertThat(!command.isDone() && System.nanoTime() < deadline).as(cluster.logs()).isTrue();
      Thread.sleep(5);
    }
  }

  private static List<HalfUpload> halfUploads() throws Exception {
    List<HalfUpload> found = new ArrayList<>();
    try (ObjectStore objects =
        S3Proxy.store(cluster.store().endpoint(), "regild", StoreLimits.DEFAULT)) {
      objects.uploads().list("", found::addAll);
    }
    return found;
  }
}
