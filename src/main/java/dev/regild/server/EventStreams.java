package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.api.ApiException;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Server-sent events: one whenever what is shown has changed, until it doesn't change any more, the
 * client is gone, or the server stops. The HTML standard's section 9.2 has the format.
 */
final class EventStreams {
  private static final Duration LOOK = Duration.ofMillis(250);

  /** More often than proxies and clients give up; writing also shows that a client is gone. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(10);

  private final CountDownLatch stopping = new CountDownLatch(1);

  /** Ends every stream. */
  void stop() {
    stopping.countDown();
  }

  /**
   * Writes events until the end.
   *
   * @param first what the first event shows
   * @param now what there is to show at the moment
   * @param goesOn whether more can follow on what was shown
   */
  <T> void send(ServerResponse response, T first, Supplier<T> now, Predicate<T> goesOn) {
    response
        .header(HeaderNames.CONTENT_TYPE, "text/event-stream")
        .header(HeaderNames.CACHE_CONTROL, "no-store");
    try (OutputStream out = response.outputStream()) {
      write(out, first, now, goesOn);
    } catch (IOException | UncheckedIOException e) {
      // The client is gone, which is how most of them end.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private <T> void write(OutputStream out, T first, Supplier<T> now, Predicate<T> goesOn)
      throws IOException, InterruptedException {
    T shown = first;
    event(out, shown);
    long lastWrite = System.nanoTime();
    while (goesOn.test(shown) && !stopping.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
      T current;
      try {
        current = now.get();
      } catch (ApiException e) {
        // What was shown is there no more.
        return;
      }
      if (!current.equals(shown)) {
        shown = current;
        event(out, shown);
        lastWrite = System.nanoTime();
      } else if (System.nanoTime() - lastWrite > HEARTBEAT.toNanos()) {
        flush(out, ": still there\n\n");
        lastWrite = System.nanoTime();
      }
    }
  }

  private static void event(OutputStream out, Object shown) throws IOException {
    flush(out, "event: update\ndata: " + OwnAnswers.text(shown) + "\n\n");
  }

  private static void flush(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(UTF_8));
    out.flush();
  }
}
