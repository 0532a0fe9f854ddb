package dev.regild.server.rest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.image.jobs.UpdateRecord;
import dev.regild.server.http.OwnAnswers;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One stream of events. Of what changes faster than its client reads, only the last is sent. The
 * HTML standard's section 9.2 has the format.
 */
final class EventStream {
  /** More often than proxies and clients give up. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(10);

  private UpdateView shown;
  private @Nullable UpdateView next;
  private boolean looked;
  private boolean ended;

  EventStream(UpdateView first) {
    this.shown = first;
  }

  /** Whether nobody has looked yet what has changed since its first event was read. */
  synchronized boolean isNew() {
    return !looked;
  }

  /** What there is to show now. */
  synchronized void show(UpdateView view) {
    looked = true;
    if (!view.equals(next == null ? shown : next)) {
      next = view;
      notifyAll();
    }
  }

  /** Ends it, from any thread. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** Writes events until the last one, or until it is ended. */
  void write(OutputStream out, BooleanSupplier stopping) throws IOException, InterruptedException {
    event(out);
    while (isRunning() && !stopping.getAsBoolean()) {
      switch (await()) {
        case EVENT -> event(out);
        case SILENCE -> flush(out, ": still there\n\n");
        case END -> {
          return;
        }
      }
    }
  }

  private enum Next {
    EVENT,
    SILENCE,
    END
  }

  private synchronized Next await() throws InterruptedException {
    long end = System.nanoTime() + HEARTBEAT.toNanos();
    long left = HEARTBEAT.toNanos();
    while (next == null && !ended && left > 0) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
      left = end - System.nanoTime();
    }
    if (next != null) {
      shown = next;
      next = null;
      return Next.EVENT;
    }
    return ended ? Next.END : Next.SILENCE;
  }

  private boolean isRunning() {
    return shown.status().equals(UpdateRecord.Status.RUNNING.name());
  }

  private void event(OutputStream out) throws IOException {
    flush(out, "event: update\ndata: " + OwnAnswers.text(shown) + "\n\n");
  }

  private static void flush(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(UTF_8));
    out.flush();
  }
}
