package dev.regild.disk.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.RoomReservations;
import dev.regild.files.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeCacheTest {
  private static final int LAYER = 1000;

  @TempDir Path directory;
  private final AtomicInteger fetched = new AtomicInteger();
  private NodeCache cache;

  @BeforeEach
  void open() throws Exception {
    cache = cache(3 * LAYER);
  }

  private NodeCache cache(long mostBytes) throws IOException {
    return new NodeCache(directory.resolve("cache"), mostBytes, new RoomReservations());
  }

  @Test
  void theLeastRecentlyUsedCopyGoesFirst() throws Exception {
    for (String id : List.of("a", "b", "c", "a", "d")) {
      borrow(id).close();
    }
    assertThat(cache.layers()).containsExactlyInAnyOrder("a", "c", "d");
    assertThat(fetched).hasValue(4);
    assertThat(cacheFiles())
        .containsExactlyInAnyOrder(
            "a.qcow2", "a.sha256", "c.qcow2", "c.sha256", "d.qcow2", "d.sha256");
  }

  @Test
  void aBorrowedCopyStaysAndWhatHasNoRoomBesideItIsRefused() throws Exception {
    try (BorrowedLayer a = borrow("a");
        BorrowedLayer _ = borrow("b");
        BorrowedLayer _ = borrow("c")) {
      assertThatThrownBy(() -> borrow("d"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("The file d")
          .hasMessageContaining("Raise node.cache.");
      assertThat(a.file()).exists();
    }
    borrow("d").close();
    // Given back last, so used last.
    assertThat(cache.layers()).containsExactlyInAnyOrder("a", "b", "d");
  }

  @Test
  void aCopyWhoseProofIsGoneIsBroughtAgainAndCanGoAfterwards() throws Exception {
    borrow("a").close();
    Files.delete(directory.resolve("cache").resolve("a.sha256"));
    borrow("a").close();
    assertThat(fetched).hasValue(2);
    for (String id : List.of("b", "c", "d")) {
      borrow(id).close();
    }
    assertThat(cache.layers()).containsExactlyInAnyOrder("b", "c", "d");
  }

  @Test
  void aChainThatCannotComeWholeIsGivenBack() throws Exception {
    Layer top = layer("top", Optional.of("a"));
    Layer base = layer("a", Optional.empty());
    assertThatThrownBy(() ->
            cache.borrow(
                List.of(top, base),
                (layer, target) -> {
                  if (layer.id().equals("top")) {
                    throw new IOException("the store is away");
                  }
                  write(layer, target);
                }))
        .hasMessage("the store is away");
    assertThat(cacheFiles()).containsExactlyInAnyOrder("a.qcow2", "a.sha256");
    cache.drop("a");
    assertThat(cacheFiles()).isEmpty();
  }

  @Test
  void manyWhoAskAtOnceGetOneDownload() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Path>> readers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        readers.add(
            executor.submit(() -> {
              try (BorrowedLayer layer =
                  cache.borrow(
                      List.of(layer("a", Optional.empty())),
                      (wanted, target) -> {
                        asked.await();
                        write(wanted, target);
                      })) {
                return layer.file();
              }
            }));
      }
      asked.countDown();
      for (Future<Path> reader : readers) {
        assertThat(reader.get()).exists();
      }
    }
    assertThat(fetched).hasValue(1);
  }

  @Test
  void theOneWhoWaitsBringsItWhenTheFirstFails() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch fail = new CountDownLatch(1);
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<BorrowedLayer> first =
          executor.submit(() ->
              cache.borrow(
                  List.of(layer("a", Optional.empty())),
                  (_, _) -> {
                    begun.countDown();
                    fail.await();
                    throw new IOException("cut");
                  }));
      begun.await();
      Future<BorrowedLayer> second = executor.submit(() -> borrow("a"));
      fail.countDown();
      assertThatThrownBy(first::get).hasRootCauseMessage("cut");
      assertThat(second.get().file()).hasSize(LAYER);
    }
  }

  @Test
  void aCopyOfAnotherAttemptIsNotUsed() throws Exception {
    borrow("a").close();
    Layer other = new Layer("a", Optional.empty(), LAYER, 1 << 20, "f".repeat(64), 2);
    try (BorrowedLayer _ =
        cache.borrow(List.of(other), (wanted, target) -> write(wanted, target))) {
      assertThat(fetched).hasValue(2);
    }
    // A copy that somebody cut short neither.
    Files.delete(directory.resolve("cache/a.qcow2"));
    Files.write(directory.resolve("cache/a.qcow2"), new byte[3]);
    try (BorrowedLayer _ =
        cache.borrow(List.of(other), (wanted, target) -> write(wanted, target))) {
      assertThat(fetched).hasValue(3);
    }
  }

  @Test
  void copiesOutliveTheProcessWithinTheNewLimit() throws Exception {
    for (String id : List.of("a", "b", "c")) {
      borrow(id).close();
      Thread.sleep(5);
    }
    cache = cache(2 * LAYER);
    assertThat(cache.layers()).containsExactlyInAnyOrder("b", "c");
    borrow("b").close();
    assertThat(fetched).hasValue(3);
  }

  private BorrowedLayer borrow(String id) throws IOException, InterruptedException {
    return cache.borrow(List.of(layer(id, Optional.empty())), this::write);
  }

  private void write(Layer layer, Path target) throws IOException {
    fetched.incrementAndGet();
    Files.write(target, new byte[(int) layer.bytes()]);
  }

  private static Layer layer(String id, Optional<String> base) {
    return new Layer(id, base, LAYER, 1 << 20, Sha256.of(new byte[LAYER]), 1);
  }

  private List<String> cacheFiles() throws IOException {
    try (var files = Files.list(directory.resolve("cache"))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
