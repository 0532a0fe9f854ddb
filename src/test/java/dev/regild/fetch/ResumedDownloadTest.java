package dev.regild.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.regild.files.Sha256;
import dev.regild.files.StallGuard;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Large files, whose download goes on where it was broken off. */
class ResumedDownloadTest {
  private static final int LARGE = 4 << 20;

  private final byte[] content = new byte[LARGE + 1000];
  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  @TempDir Path temporary;
  private HttpServer server;
  private volatile byte[] served = content;
  private volatile boolean breaks;
  private volatile boolean knowsRanges = true;
  private volatile boolean refusesRanges;
  private volatile int shift;
  private volatile int breaksAfter = Integer.MAX_VALUE;
  private volatile String redirect = "";

  @BeforeEach
  void serve() throws IOException {
    new Random(7).nextBytes(content);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String range = exchange.getRequestHeaders().getFirst("Range");
      asked.add(range == null ? "all" : range);
      if (!redirect.isEmpty()) {
        exchange.getResponseHeaders().set("Location", redirect);
        exchange.sendResponseHeaders(302, -1);
        return;
      }
      if (range != null && refusesRanges) {
        exchange.sendResponseHeaders(416, -1);
        return;
      }
      int from = range == null || !knowsRanges ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
      if (from > 0) {
        from -= shift;
        exchange
            .getResponseHeaders()
            .set(
                "Content-Range",
                "bytes %d-%d/%d".formatted(from, served.length - 1, served.length));
      }
      exchange.sendResponseHeaders(from > 0 ? 206 : 200, served.length - from);
      OutputStream out = exchange.getResponseBody();
      out.write(
          served,
          from,
          breaks && asked.size() <= breaksAfter
              ? (served.length - from) / 2
              : served.length - from);
      out.flush();
    } catch (IOException e) {
      // What the connection's end does to the server is not of interest.
    }
  }

  @Test
  void aDownloadThatWasBrokenOffGoesOnInTheNextProcess() throws Exception {
    breaks = true;
    assertThatThrownBy(this::fetch).isInstanceOf(FetchException.class);
    assertThat(asked).hasSize(3).startsWith("all").last().asString().startsWith("bytes=");
    breaks = false;
    asked.clear();

    assertThat(fetch()).hasBinaryContent(content);

    assertThat(asked).singleElement().asString().startsWith("bytes=");
    assertThat(leftOver()).isEmpty();
  }

  @Test
  void aServerWithoutRangesSendsAllOfIt() throws Exception {
    breaks = true;
    assertThatThrownBy(this::fetch).isInstanceOf(FetchException.class);
    breaks = false;
    knowsRanges = false;

    assertThat(fetch()).hasBinaryContent(content);
  }

  @Test
  void bytesThatComeAgainAreCountedOnce() throws Exception {
    knowsRanges = false;
    breaks = true;
    List<PackageCache.Progress> progress = Collections.synchronizedList(new ArrayList<>());
    breaksAfter = 1;

    assertThat(fetch(progress::add)).hasBinaryContent(content);

    assertThat(asked).hasSize(2);
    assertThat(progress.getLast().readyBytes()).isEqualTo(content.length);
  }

  @Test
  void aServerThatDoesNotHaveTheRestSendsAllOfIt() throws Exception {
    breaks = true;
    assertThatThrownBy(this::fetch).isInstanceOf(FetchException.class);
    breaks = false;
    refusesRanges = true;
    asked.clear();

    assertThat(fetch()).hasBinaryContent(content);

    assertThat(asked).hasSize(2).last().isEqualTo("all");
  }

  @Test
  void anotherPartThanTheOneThatWasAskedForIsNotAppended() throws Exception {
    breaks = true;
    assertThatThrownBy(this::fetch).isInstanceOf(FetchException.class);
    breaks = false;
    shift = 7;
    asked.clear();

    assertThat(fetch()).hasBinaryContent(content);

    assertThat(asked).hasSize(2).last().isEqualTo("all");
  }

  @Test
  void aRestOfAnotherFileIsGivenUpForAllOfIt() throws Exception {
    served = content.clone();
    served[5]++;
    breaks = true;
    assertThatThrownBy(this::fetch).isInstanceOf(FetchException.class);
    breaks = false;
    served = content;
    asked.clear();

    assertThat(fetch()).hasBinaryContent(content);

    assertThat(asked).hasSize(2).last().isEqualTo("all");
  }

  @Test
  void wrongContentIsNotGoneOnWith() throws Exception {
    served = content.clone();
    served[5]++;
    assertThatThrownBy(this::fetch).isInstanceOf(HashMismatchException.class);
    assertThat(leftOver()).isEmpty();
    served = content;

    assertThat(fetch()).hasBinaryContent(content);
  }

  @Test
  void aFileThatIsLongerThanItsIndexSaysIsRefused() throws Exception {
    served = new byte[content.length + 1];
    assertThatThrownBy(this::fetch)
        .isInstanceOf(HashMismatchException.class)
        .hasMessageContaining("larger than");
    assertThat(leftOver()).isEmpty();
  }

  @Test
  void aRedirectOfAServerThatIsToStayIsNotFollowed() {
    redirect = "http://other.example/file";
    assertThatThrownBy(this::fetch)
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("redirects to http://other.example, which is not followed");
  }

  private Path fetch() throws Exception {
    return fetch(_ -> {});
  }

  private Path fetch(Consumer<PackageCache.Progress> watcher) throws Exception {
    // As a new process has it.
    PackageCache cache =
        new PackageCache(
            temporary.resolve("cache"),
            new Transport(temporary, Duration.ofMillis(1), StallGuard.Pace.OF_MIRRORS),
            LARGE);
    URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/update.cab");
    PackageFile file =
        new PackageFile(
            uri,
            "update.cab",
            content.length,
            Sha256.of(content),
            List.of(),
            new Route(Route.DIRECT, ""),
            true);
    return cache.fetch(List.of(file), 1, watcher).get(file);
  }

  private List<Path> leftOver() throws IOException {
    try (Stream<Path> all = Files.walk(temporary.resolve("cache"))) {
      return all.filter(each -> each.getFileName().toString().startsWith(".")).toList();
    }
  }
}
