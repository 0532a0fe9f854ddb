package dev.regild.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.console.session.Session;
import dev.regild.console.session.Sessions;
import dev.regild.console.view.JobSteps;
import dev.regild.db.Database;
import dev.regild.db.DatabaseWatch;
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
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Streams of events for the pages that show a job: its steps as HTML whenever they have changed,
 * until it has ended. One look at the database serves all streams.
 */
final class JobWatch implements AutoCloseable {
  /** The times that steps take are shown again so often; it also keeps proxies from giving up. */
  private static final Duration AGAIN = Duration.ofSeconds(10);

  private final Database database;
  private final Sessions sessions;
  private final Clock clock;
  private final Set<Stream> streams = ConcurrentHashMap.newKeySet();
  private final DatabaseWatch watch;

  JobWatch(Database database, Sessions sessions, Clock clock) {
    this.database = database;
    this.sessions = sessions;
    this.clock = clock;
    this.watch =
        new DatabaseWatch("console-events", database, () -> !streams.isEmpty(), this::look);
  }

  /** One client that watches one job. */
  private static final class Stream {
    private final String imageId;

    /** What the job was when the one thread that looks last saw it. */
    private String stamp = "";

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
          watch.begin();
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
    while (goesOn && !watch.isClosed()) {
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

  /** A stream that is new to it has read before: what changed since then is shown, too. */
  private void look() {
    Set<String> images = streams.stream().map(each -> each.imageId).collect(Collectors.toSet());
    Map<String, String> now = database.read(handle -> JobStamps.read(handle, images));
    for (Stream stream : streams) {
      String stamp = now.getOrDefault(stream.imageId, "gone");
      if (!stamp.equals(stream.stamp)) {
        stream.stamp = stamp;
        stream.change();
      }
    }
  }

  /** Ends every stream. */
  @Override
  public void close() {
    watch.close();
    streams.forEach(Stream::end);
  }
}
