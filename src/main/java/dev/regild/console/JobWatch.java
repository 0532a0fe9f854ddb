package dev.regild.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.console.session.Session;
import dev.regild.console.session.Sessions;
import dev.regild.console.view.JobSteps;
import dev.regild.db.Database;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.JobStamps;
import gg.jte.generated.precompiled.tag.JtestepsGenerated;
import gg.jte.output.StringOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Streams of events for the pages that show a job: its steps as HTML whenever they have changed,
 * until it has ended. One look at the database, four times a second, serves all streams; without
 * streams there is none.
 */
final class JobWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JobWatch.class);
  private static final Duration LOOK = Duration.ofMillis(250);

  /** The times that steps take are shown again so often; it also keeps proxies from giving up. */
  private static final Duration AGAIN = Duration.ofSeconds(10);

  private final Database database;
  private final Sessions sessions;
  private final Clock clock;
  private final Set<Stream> streams = ConcurrentHashMap.newKeySet();
  private final CountDownLatch stopping = new CountDownLatch(1);
  private boolean looking;

  JobWatch(Database database, Sessions sessions, Clock clock) {
    this.database = database;
    this.sessions = sessions;
    this.clock = clock;
  }

  /** One client that watches one job. */
  private static final class Stream {
    private final String imageId;
    private boolean changed;
    private boolean ended;

    Stream(String imageId) {
      this.imageId = imageId;
    }

    synchronized void change() {
      changed = true;
      notifyAll();
    }

    synchronized void end() {
      ended = true;
      notifyAll();
    }

    /** Waits for a change, but not for ever; returns whether the stream goes on. */
    synchronized boolean await() throws InterruptedException {
      long end = System.nanoTime() + AGAIN.toNanos();
      long left = AGAIN.toNanos();
      while (!changed && !ended && left > 0) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
        left = end - System.nanoTime();
      }
      changed = false;
      return !ended;
    }
  }

  /** Sends the events of the job that makes an image, until it has ended. */
  void send(Visit visit, Image image, RequestGuard guard) {
    Stream stream = new Stream(image.id());
    Optional<String> session = visit.identity().flatMap(Visit.Identity::session).map(Session::id);
    guard.events(
        visit.response(),
        visit.caller(),
        stream::end,
        out -> {
          streams.add(stream);
          look();
          try {
            write(out, stream, session);
          } finally {
            streams.remove(stream);
          }
        });
  }

  private void write(OutputStream out, Stream stream, Optional<String> session)
      throws IOException, InterruptedException {
    String shown = "";
    boolean goesOn = true;
    while (goesOn && stopping.getCount() > 0) {
      Optional<JobSteps> now = read(stream.imageId);
      boolean in = session.isEmpty() || sessions.goesOn(session.get());
      if (now.isPresent() && in) {
        event(out, "steps", fragment(now.get()));
        if (!now.get().summary().equals(shown)) {
          shown = now.get().summary();
          event(out, "summary", escaped(shown));
        }
      }
      if (now.isEmpty() || !in || !now.get().running()) {
        event(out, "ended", "");
        return;
      }
      goesOn = stream.await();
    }
  }

  private Optional<JobSteps> read(String imageId) {
    return database.read(handle ->
        Images.findById(handle, imageId)
            .map(image -> {
              int attempt = dev.regild.image.JobSteps.lastAttempt(handle, imageId);
              return JobSteps.of(
                  attempt,
                  dev.regild.image.JobSteps.list(handle, imageId, attempt),
                  ImagePages.isRunning(image.state()),
                  clock.instant());
            }));
  }

  private static String fragment(JobSteps steps) {
    StringOutput out = new StringOutput();
    JtestepsGenerated.render(new IsolatedOutput(out), null, steps);
    return out.toString();
  }

  private static String escaped(String text) {
    StringOutput out = new StringOutput();
    new IsolatedOutput(out).writeUserContent(text);
    return out.toString();
  }

  private static void event(OutputStream out, String name, String data) throws IOException {
    String lines = data.lines().map(line -> "data: " + line + "\n").collect(Collectors.joining());
    out.write(
        ("event: " + name + "\n" + (lines.isEmpty() ? "data:\n" : lines) + "\n").getBytes(UTF_8));
    out.flush();
  }

  private synchronized void look() {
    if (!looking && !streams.isEmpty() && stopping.getCount() > 0) {
      looking = true;
      Thread.ofVirtual().name("console-events").start(this::lookWhileThereAreStreams);
    }
  }

  private void lookWhileThereAreStreams() {
    try {
      Map<String, String> seen = Map.of();
      while (!streams.isEmpty() && !stopping.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
        seen = lookOnce(seen);
      }
    } catch (InterruptedException e) {
      LOG.debug("no client is waiting for events any more");
    } finally {
      synchronized (this) {
        looking = false;
      }
      // A stream may have come between the last look and here.
      look();
    }
  }

  private Map<String, String> lookOnce(Map<String, String> seen) {
    Set<String> images = streams.stream().map(each -> each.imageId).collect(Collectors.toSet());
    try {
      Map<String, String> now = database.read(handle -> JobStamps.read(handle, images));
      for (Stream stream : streams) {
        String stamp = now.getOrDefault(stream.imageId, "gone");
        if (!stamp.equals(seen.getOrDefault(stream.imageId, stamp))) {
          stream.change();
        }
      }
      return now;
    } catch (RuntimeException e) {
      LOG.atWarn().addKeyValue("reason", e.toString()).log("cannot read the jobs");
      return seen;
    }
  }

  /** Ends every stream. */
  @Override
  public void close() {
    stopping.countDown();
    streams.forEach(Stream::end);
  }
}
