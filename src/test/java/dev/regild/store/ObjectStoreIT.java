package dev.regild.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.regild.files.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Objects of a real S3 server, and what goes wrong on the way to it. */
class ObjectStoreIT {
  /** Short, so that no test waits long for the end of patience. */
  private static final StoreLimits LIMITS =
      new StoreLimits(Duration.ofSeconds(4), Duration.ofSeconds(5), 64 << 10);

  @TempDir static Path directory;
  private static S3Proxy server;
  private static FaultyLink link;
  private static ObjectStore store;

  @BeforeAll
  static void start() throws Exception {
    server = S3Proxy.start(directory);
    link = new FaultyLink(server.port());
    store = S3Proxy.store(link.endpoint(), "objects", LIMITS);
  }

  @AfterAll
  static void stop() throws Exception {
    store.close();
    link.close();
    server.close();
  }

  @Test
  void aLargeObjectGoesInPartsAndComesInRanges() throws Exception {
    // One byte more than whole parts.
    Path file = file((64 << 20) + 1, 1);
    String sha256 = Sha256.of(file);
    ObjectStore patient = S3Proxy.store(server.endpoint(), "large", StoreLimits.DEFAULT);
    patient.write("one", file, sha256);
    StoredObject found = patient.find("one").orElseThrow();
    assertThat(found.bytes()).isEqualTo(Files.size(file));
    assertThat(found.sha256()).contains(sha256);
    Path back = directory.resolve("back");
    assertThat(patient.read("one", found.bytes(), back)).isEqualTo(sha256);
    assertThat(Sha256.of(back)).isEqualTo(sha256);
    assertThat(patient.sha256("one", found.bytes())).isEqualTo(sha256);
    assertThat(halfUploads(patient)).isEmpty();
    // The answer to the first write may have been lost: the same object is as good.
    patient.write("one", file, sha256);
    Path other = file(64 << 20, 2);
    assertThatThrownBy(() -> patient.write("one", other, Sha256.of(other)))
        .isInstanceOf(TakenKeyException.class);
    assertThat(patient.find("one").orElseThrow().sha256()).contains(sha256);
    assertThat(halfUploads(patient)).isEmpty();
    patient.delete("one");
    patient.delete("one");
    assertThat(patient.find("one")).isEmpty();
    patient.close();
  }

  @Test
  void ofTwentyWritersOfOneNameOneWins() throws Exception {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Optional<String>>> writers =
          IntStream.range(0, 20)
              .<Callable<Optional<String>>>mapToObj(i ->
                  () -> {
                    Path file = file(1000, 100 + i);
                    try {
                      store.write("contended", file, Sha256.of(file));
                      return Optional.of(Sha256.of(file));
                    } catch (TakenKeyException e) {
                      return Optional.empty();
                    }
                  })
              .toList();
      List<String> winners =
          executor.invokeAll(writers).stream()
              .map(Future::resultNow)
              .flatMap(Optional::stream)
              .toList();
      assertThat(winners).hasSize(1);
      assertThat(store.find("contended").orElseThrow().sha256()).contains(winners.getFirst());
    }
  }

  @Test
  void aListHasAllPagesAndOnlyItsOwnNames() throws Exception {
    Path file = file(1, 3);
    for (String name : List.of("list/a", "list/b/c", "listed")) {
      store.write(name, file, Sha256.of(file));
    }
    assertThat(store.list("list/"))
        .extracting(StoredObject::name)
        .containsExactly("list/a", "list/b/c");
  }

  @Test
  void anObjectOfAnotherSizeWasChanged() throws Exception {
    Path file = file(1000, 4);
    store.write("shorter", file, Sha256.of(file));
    assertThatThrownBy(() -> store.read("shorter", 2000, directory.resolve("shorter")))
        .isInstanceOf(ChangedObjectException.class)
        .hasMessageContaining("shorter")
        .hasMessageContaining("2000 bytes");
    assertThatThrownBy(() -> store.read("missing", 10, directory.resolve("missing")))
        .isInstanceOf(MissingObjectException.class);
  }

  @Test
  void aStoreThatComesBackInTimeIsWaitedFor() throws Exception {
    for (FaultyLink.Fault fault :
        List.of(
            new FaultyLink.Fault.Away(),
            new FaultyLink.Fault.Answers(503, "SlowDown", "Please reduce your request rate."))) {
      Path file = file(1000, 5);
      String name = "waited-" + fault.getClass().getSimpleName();
      link.set(fault);
      Thread back =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  Thread.sleep(1000);
                  link.set(new FaultyLink.Fault.None());
                } catch (IOException | InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      store.write(name, file, Sha256.of(file));
      back.join();
      assertThat(store.find(name)).isPresent();
    }
  }

  @Test
  void aStoreThatStaysAwayFailsWithItsWordsAndNothingIsVisible() throws Exception {
    Path file = file(1000, 6);
    assertFails(new FaultyLink.Fault.Away(), file, "could not write lost within 4 s");
    assertFails(
        new FaultyLink.Fault.Answers(500, "InternalError", "We are sorry."),
        file,
        "500 InternalError: We are sorry.");
    // Not tried again: there is no room a second later either.
    assertFails(
        new FaultyLink.Fault.Answers(507, "XMinioStorageFull", "Storage backend is full."),
        file,
        "could not write lost: 507 XMinioStorageFull: Storage backend is full.");
    assertFails(
        new FaultyLink.Fault.Answers(403, "AccessDenied", "Access Denied."),
        file,
        "could not write lost: 403 AccessDenied: Access Denied.");
    assertThat(store.find("lost")).isEmpty();
    assertThat(server.files("objects/lost")).isEmpty();
  }

  private static void assertFails(FaultyLink.Fault fault, Path file, String words)
      throws Exception {
    link.set(fault);
    try {
      assertThatThrownBy(() -> store.write("lost", file, Sha256.of(file)))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("s3://images/objects")
          .hasMessageContaining(words);
    } finally {
      link.set(new FaultyLink.Fault.None());
    }
  }

  @Test
  void aStoreThatSendsAByteASecondIsNotWaitedForForever() throws Exception {
    Path file = file(100_000, 7);
    store.write("slow", file, Sha256.of(file));
    link.set(new FaultyLink.Fault.Slow());
    try {
      assertThatThrownBy(() -> store.read("slow", 100_000, directory.resolve("slow")))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("bytes arrived in");
    } finally {
      link.set(new FaultyLink.Fault.None());
    }
  }

  @Test
  void aCancelledReaderEndsAtOnce() throws Exception {
    Path file = file(100_000, 8);
    store.write("cancelled", file, Sha256.of(file));
    link.set(new FaultyLink.Fault.Away());
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> reader =
          executor.submit(() -> {
            store.read("cancelled", 100_000, directory.resolve("cancelled"));
            return true;
          });
      Thread.sleep(300);
      reader.cancel(true);
      assertThatThrownBy(reader::get).isInstanceOf(CancellationException.class);
    } finally {
      link.set(new FaultyLink.Fault.None());
    }
  }

  private static Path file(int bytes, long seed) throws IOException {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return Files.write(directory.resolve("file-" + seed), content);
  }

  private static List<HalfUpload> halfUploads(ObjectStore store) throws Exception {
    List<HalfUpload> found = new ArrayList<>();
    store.uploads().list("", found::addAll);
    return found;
  }

  @Test
  void aFileThatCannotBeReadHereIsNotRetriedAsIfTheStoreHadFailed() throws Exception {
    Path gone = file(1000, 9);
    String sha256 = Sha256.of(gone);
    ObjectStore patient = S3Proxy.store(server.endpoint(), "local", StoreLimits.DEFAULT);
    HalfUpload upload = patient.uploads().begin("gone", Optional.of(sha256));
    Files.delete(gone);
    // With retries, this would take the store's patience of three minutes.
    assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () ->
            assertThatThrownBy(() -> patient.uploads().send(upload, 1, gone, 0, 1000))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(StoreException.class)
                .hasMessageContaining(gone + " can't be read"));
    Path shorter = file(1000, 9);
    assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () ->
            assertThatThrownBy(() -> patient.uploads().send(upload, 1, shorter, 0, 2000))
                .isNotInstanceOf(StoreException.class)
                .hasMessageContaining(shorter + " became shorter"));
    patient.uploads().abort(upload);
    assertThat(halfUploads(patient)).isEmpty();
    patient.close();
  }
}
