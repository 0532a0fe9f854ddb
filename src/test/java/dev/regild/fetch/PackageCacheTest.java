package dev.regild.fetch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.regild.channel.TestRepository;
import dev.regild.files.FileDigest;
import dev.regild.files.Sha256;
import dev.regild.files.StallGuard;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class PackageCacheTest {
  @TempDir Path temporary;
  private TestRepository repository;
  private PackageCache cache;

  @BeforeEach
  void serve() throws Exception {
    repository = new TestRepository(Files.createDirectory(temporary.resolve("repository")));
    cache = cache(Duration.ofMinutes(1));
  }

  private PackageCache cache(Duration silence) {
    return new PackageCache(
        temporary.resolve("cache"),
        new Transport(temporary, Duration.ofMillis(1), TestPace.silence(silence)));
  }

  @AfterEach
  void stop() {
    repository.close();
  }

  @Test
  void theSecondTimeNothingIsDownloaded() throws Exception {
    List<PackageFile> files = List.of(file("a.deb", "one"), file("b.deb", "three"));
    List<PackageCache.Progress> progress = new ArrayList<>();
    Map<PackageFile, Path> paths = cache.fetch(files, 4, progress::add);
    assertThat(paths.get(files.getFirst())).hasContent("one");
    assertThat(progress.getLast()).isEqualTo(new PackageCache.Progress(2, 2, 8, 8, 8));
    cache.fetch(files, 4, progress::add);
    assertThat(progress.getLast()).isEqualTo(new PackageCache.Progress(2, 2, 8, 8, 0));
    assertThat(repository.takeAnswers()).containsExactly("200 /a.deb", "200 /b.deb");
  }

  @Test
  void twoCallersAtOnceDownloadAContentOnce() throws Exception {
    PackageFile file = file("a.deb", "x".repeat(1 << 20));
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        calls.add(executor.submit(() -> cache.fetch(List.of(file), 2, p -> {})));
      }
      for (Future<?> call : calls) {
        call.get();
      }
    }
    assertThat(repository.takeAnswers()).containsExactly("200 /a.deb");
  }

  /** Else two would write to one file: what is there of a large one is gone on with. */
  @Test
  @Timeout(300)
  void whoComesAfterAFailureWaitsForWhoTriesAgain() throws Exception {
    PackageFile file = file("a.deb", "good");
    AtomicInteger calls = new AtomicInteger();
    CountDownLatch fails = new CountDownLatch(1);
    CountDownLatch answers = new CountDownLatch(1);
    repository.overrides.put(
        "/a.deb",
        exchange -> {
          boolean first = calls.incrementAndGet() == 1;
          try {
            (first ? fails : answers).await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          if (first) {
            exchange.sendResponseHeaders(404, -1);
          }
          return first;
        });
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> one = executor.submit(() -> cache.fetch(List.of(file), 1, _ -> {}));
      await(calls, 1);
      Future<?> two = executor.submit(() -> cache.fetch(List.of(file), 1, _ -> {}));
      Thread.sleep(200);
      fails.countDown();
      assertThatThrownBy(one::get).hasCauseInstanceOf(MissingFileException.class);
      await(calls, 2);
      Future<?> three = executor.submit(() -> cache.fetch(List.of(file), 1, _ -> {}));
      Thread.sleep(200);
      assertThat(calls).hasValue(2);
      answers.countDown();
      assertThat(two.get()).isNotNull();
      assertThat(three.get()).isNotNull();
    }
    assertThat(calls).hasValue(2);
  }

  private static void await(AtomicInteger calls, int count) throws InterruptedException {
    while (calls.get() < count) {
      Thread.sleep(10);
    }
  }

  @Test
  void whatIsHereIsNotAbsent() throws Exception {
    PackageFile here = file("a.deb", "one");
    PackageFile other = file("b.deb", "three");
    assertThat(cache.absent(List.of(here, other))).containsExactly(here, other);
    assertThat(cache.fetch(List.of(here), 1, _ -> {})).hasSize(1);

    assertThat(cache.absent(List.of(here, other))).containsExactly(other);
  }

  @Test
  void aDamagedFileIsFetchedAgain() throws Exception {
    PackageFile file = file("a.deb", "good");
    Path path = cache.fetch(List.of(file), 1, p -> {}).get(file);
    Files.writeString(path, "baad");
    assertThat(cache.fetch(List.of(file), 1, p -> {}).get(file)).hasContent("good");
  }

  @Test
  void aBrokenTransferIsTriedAgain() throws Exception {
    PackageFile file = file("a.deb", "good");
    AtomicInteger calls = new AtomicInteger();
    repository.overrides.put(
        "/a.deb",
        exchange -> {
          if (calls.incrementAndGet() == 1) {
            exchange.sendResponseHeaders(503, -1);
            return true;
          }
          if (calls.get() == 2) {
            exchange.sendResponseHeaders(200, 4);
            exchange.getResponseBody().write("go".getBytes(UTF_8));
            exchange.getResponseBody().flush();
            return true;
          }
          return false;
        });
    List<PackageCache.Progress> progress = new ArrayList<>();
    cache.fetch(List.of(file), 1, progress::add);
    assertThat(calls).hasValue(3);
    assertThat(progress.getLast()).isEqualTo(new PackageCache.Progress(1, 1, 4, 4, 4));
  }

  /** Its server never ends it: without a limit of our own the call would wait for good. */
  @Test
  @Timeout(300)
  void aStalledTransferIsBrokenOff() throws Exception {
    PackageFile file = file("a.deb", "good");
    CountDownLatch over = new CountDownLatch(1);
    repository.overrides.put(
        "/a.deb",
        exchange -> {
          exchange.sendResponseHeaders(200, 4);
          exchange.getResponseBody().write("go".getBytes(UTF_8));
          exchange.getResponseBody().flush();
          try {
            over.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return true;
        });
    try {
      PackageCache hasty = cache(Duration.ofMillis(300));
      assertThatThrownBy(() -> hasty.fetch(List.of(file), 1, p -> {}))
          .isInstanceOf(FetchException.class)
          .hasMessageContaining("could not be read in 3 attempts (no data arrived for ");
    } finally {
      over.countDown();
    }
  }

  @Test
  @Timeout(300)
  void aFileOfKnownSizeThatKeepsTheRateIsNotBrokenOffByTheTotalTime() throws Exception {
    StallGuard.Pace pace =
        new StallGuard.Pace(
            Duration.ofMinutes(1), Duration.ofMinutes(1), 4, Duration.ofMillis(300));
    PackageFile file = file("a.deb", "good");
    repository.overrides.put(
        "/a.deb",
        exchange -> {
          exchange.sendResponseHeaders(200, 4);
          for (byte letter : "good".getBytes(UTF_8)) {
            exchange.getResponseBody().write(letter);
            exchange.getResponseBody().flush();
            pause(Duration.ofMillis(200));
          }
          exchange.close();
          return true;
        });
    PackageCache patient =
        new PackageCache(
            temporary.resolve("patient"), new Transport(temporary, Duration.ofMillis(1), pace));
    assertThat(patient.fetch(List.of(file), 1, p -> {}).get(file)).hasContent("good");
  }

  private static void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void wrongContentIsRefusedByNameAndLeavesNoFile() throws Exception {
    PackageFile file = file("a.deb", "good");
    Files.writeString(repository.root.resolve("a.deb"), "evil");
    assertThatThrownBy(() -> cache.fetch(List.of(file), 1, p -> {}))
        .isInstanceOf(FetchException.class)
        .hasMessageContaining(file.uri().toString())
        .hasMessageContaining("is not the file that the signed index names");
    Files.writeString(repository.root.resolve("a.deb"), "good, and far more than that");
    assertThatThrownBy(() -> cache.fetch(List.of(file), 1, p -> {}))
        .hasMessageContaining("is larger than the 4-byte limit");
    try (Stream<Path> left = Files.walk(temporary.resolve("cache"))) {
      assertThat(left.filter(Files::isRegularFile)).isEmpty();
    }
  }

  @Test
  void aMissingFileIsNamedWithItsStatus() throws Exception {
    PackageFile file = file("a.deb", "good");
    Files.delete(repository.root.resolve("a.deb"));
    assertThatThrownBy(() -> cache.fetch(List.of(file), 1, p -> {}))
        .hasMessageContaining("/a.deb does not exist (HTTP 404)");
    assertThat(repository.takeAnswers()).hasSize(1);
  }

  @Test
  void aMirrorThatFailsIsAskedOnceForAllFiles() throws Exception {
    try (TestRepository dead = new TestRepository(repository.root)) {
      List<PackageFile> files = new ArrayList<>();
      List<String> asked = new CopyOnWriteArrayList<>();
      for (String name : List.of("a.deb", "b.deb", "c.deb")) {
        dead.overrides.put("/" + name, unavailable(asked));
        files.add(at(file(name, name), dead, repository));
      }
      cache.fetch(files, 1, p -> {});
      assertThat(asked).as("three attempts at the file that came first").hasSize(3);
      assertThat(asked.stream().distinct()).hasSize(1);
      // The next update asks it again.
      cache.fetch(List.of(at(file("d.deb", "d"), dead, repository)), 1, p -> {});
      assertThat(dead.takeAnswers()).containsExactly("200 /d.deb");
    }
  }

  @Test
  void aMirrorThatLacksOneFileIsAskedForTheNext() throws Exception {
    Path root = Files.createDirectory(temporary.resolve("second"));
    try (TestRepository behind = new TestRepository(root)) {
      PackageFile one = at(file("a.deb", "one"), behind, repository);
      PackageFile two = at(file("b.deb", "two"), behind, repository);
      Files.writeString(root.resolve("b.deb"), "two");
      cache.fetch(List.of(one, two), 1, p -> {});
      assertThat(behind.takeAnswers()).containsExactly("200 /b.deb", "404 /a.deb");
    }
  }

  @Test
  void whatEachMirrorAnsweredIsSaid() throws Exception {
    try (TestRepository dead = new TestRepository(repository.root)) {
      PackageFile file = at(file("a.deb", "one"), dead, repository);
      dead.overrides.put("/a.deb", unavailable(new ArrayList<>()));
      Files.delete(repository.root.resolve("a.deb"));
      assertThatThrownBy(() -> cache.fetch(List.of(file), 1, p -> {}))
          .isInstanceOf(MissingFileException.class)
          .hasMessageContaining("none of 2 mirrors")
          .hasMessageContaining(dead.uri() + "/a.deb could not be read in 3 attempts")
          .hasMessageContaining(repository.uri() + "/a.deb does not exist")
          .satisfies(e -> assertThat(e.getSuppressed()).hasSize(2));
    }
  }

  @Test
  void aDiskThatCantBeWrittenIsNoReasonToAskAnotherMirror() throws Exception {
    Path full = Path.of("/dev/full");
    assumeThat(full).as("a file that can never be written").exists();
    try (TestRepository second = new TestRepository(repository.root)) {
      PackageFile file = at(file("a.deb", "one"), repository, second);
      Transport transport =
          new Transport(temporary, Duration.ofMillis(1), TestPace.silence(Duration.ofMinutes(1)));
      Path target = Files.createSymbolicLink(temporary.resolve("target"), full);
      assertThatThrownBy(() ->
              transport.download(
                  file.uris(),
                  target,
                  new FileDigest(file.size(), file.hash()),
                  file.size(),
                  _ -> {},
                  new FailedServers()))
          .isInstanceOf(FetchException.class)
          .hasMessageContaining(target + " could not be written")
          .hasMessageContaining("free some space");
      assertThat(repository.takeAnswers()).hasSize(1);
      assertThat(second.takeAnswers()).isEmpty();
    }
  }

  @Test
  void aRedirectThatIsNotFollowedWithCredentialsIsNamedWithItsTarget() throws Exception {
    PackageFile file = file("a.deb", "good");
    repository.overrides.put(
        "/a.deb",
        exchange -> {
          exchange.getResponseHeaders().set("Location", "https://cdn.example/a.deb?token=s3cret");
          exchange.sendResponseHeaders(302, -1);
          return true;
        });
    Path credentials =
        Files.writeString(
            temporary.resolve("auth.conf"), "machine " + repository.uri() + " login a password b");
    Files.setPosixFilePermissions(credentials, PosixFilePermissions.fromString("rw-------"));
    assertThatThrownBy(() -> cache.fetch(List.of(file), 1, p -> {}))
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("it redirects to https://cdn.example, which is not followed")
        .hasMessageContaining("use that address as the source's URI")
        .hasMessageNotContaining("s3cret");
  }

  private static TestRepository.Intercept unavailable(List<String> asked) {
    return exchange -> {
      asked.add(exchange.getRequestURI().getPath());
      exchange.sendResponseHeaders(503, -1);
      return true;
    };
  }

  /** The same file in two places. */
  private static PackageFile at(PackageFile file, TestRepository first, TestRepository second) {
    return new PackageFile(
        URI.create(first.uri() + "/" + file.fileName()),
        file.fileName(),
        file.size(),
        file.hash(),
        List.of(URI.create(second.uri() + "/" + file.fileName())));
  }

  @Test
  void unusedFilesArePruned() throws Exception {
    PackageFile file = file("a.deb", "good");
    Path path = cache.fetch(List.of(file), 1, p -> {}).get(file);
    assertThat(cache.prune(Instant.now().minusSeconds(60))).isZero();
    assertThat(cache.prune(Instant.now().plusSeconds(60))).isEqualTo(4);
    assertThat(path).doesNotExist();
  }

  @Test
  void aFileOfTheDataDirectoryIsLinkedAndMayBeReplacedOrRemoved() throws Exception {
    Path source = Files.writeString(temporary.resolve("snapshot.msu"), "update");
    PackageFile file = local(source, "update");
    List<PackageCache.Progress> progress = new ArrayList<>();
    Path path = cache.fetch(List.of(file), 1, progress::add).get(file);
    assertThat(Files.isSameFile(path, source)).isTrue();
    assertThat(progress.getLast()).isEqualTo(new PackageCache.Progress(1, 1, 6, 6, 0));
    Files.delete(source);
    assertThat(cache.fetch(List.of(file), 1, progress::add).get(file)).hasContent("update");
  }

  @Test
  void aLinkedFileThatIsDamagedIsRefusedAndThenReplaced() throws Exception {
    Path source = Files.writeString(temporary.resolve("snapshot.msu"), "update");
    PackageFile file = local(source, "update");
    Path path = cache.fetch(List.of(file), 1, p -> {}).get(file);
    Files.writeString(source, "damage");
    assertThatThrownBy(() -> cache.fetch(List.of(file), 1, p -> {}))
        .isInstanceOf(HashMismatchException.class);
    Files.delete(source);
    Files.writeString(source, "update");
    assertThat(cache.fetch(List.of(file), 1, p -> {}).get(file)).hasContent("update");
    assertThat(Files.isSameFile(path, source)).isTrue();
  }

  /** Such as a mirror on this machine, whose files may be written in place. */
  @Test
  void aFileOfOthersIsCopied(@TempDir Path mirror) throws Exception {
    Path source = Files.writeString(mirror.resolve("a.deb"), "package");
    PackageFile file = local(source, "package");
    Path path = cache.fetch(List.of(file), 1, p -> {}).get(file);
    assertThat(path).hasContent("package");
    assertThat(Files.isSameFile(path, source)).isFalse();
  }

  private static PackageFile local(Path source, String content) {
    return new PackageFile(
        source.toUri(),
        String.valueOf(source.getFileName()),
        content.length(),
        Sha256.of(content.getBytes(UTF_8)));
  }

  private PackageFile file(String name, String content) throws Exception {
    Files.writeString(repository.root.resolve(name), content);
    return new PackageFile(
        URI.create(repository.uri() + "/" + name),
        name,
        content.length(),
        Sha256.of(content.getBytes(UTF_8)));
  }
}
