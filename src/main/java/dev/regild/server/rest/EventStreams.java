package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.db.Database;
import dev.regild.db.DatabaseWatch;
import dev.regild.image.Owner;
import dev.regild.image.jobs.UpdateRecords;
import dev.regild.job.node.Nodes;
import dev.regild.server.http.AccountSlots;
import dev.regild.server.http.AccountSlots.Slot;
import dev.regild.server.http.Download;
import dev.regild.server.http.GuardedConnection;
import dev.regild.server.rest.UpdateViews.Shown;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Server-sent events: one whenever what is shown of an update has changed, until it doesn't change
 * any more, the client is gone, or the server stops. One look at the database serves all streams.
 */
public final class EventStreams implements AutoCloseable {
  private static final Duration BETWEEN_REASONS = Duration.ofSeconds(2);

  /** How the stamp of an update begins that has had no attempt. */
  private static final String NOT_BEGUN = "RUNNING 0 ";

  private final Database database;
  private final UpdateRecords updates;
  private final UpdateViews views;
  private final Nodes nodes;
  private final AccountSlots slots;
  private final Map<EventStream, Subject> streams = new ConcurrentHashMap<>();
  private final DatabaseWatch watch;

  /** The stamps of the last look. For the one thread that looks, like those below. */
  private Map<Subject, String> seen = Map.of();

  /** Why updates wait that no node has begun, by image. */
  private Map<String, String> waiting = Map.of();

  private long lookedWhy = System.nanoTime() - BETWEEN_REASONS.toNanos();

  /**
   * Without streams.
   *
   * @param slots how many an account may have
   */
  public EventStreams(Database database, UpdateRecords updates, Nodes nodes, AccountSlots slots) {
    this.database = database;
    this.updates = updates;
    this.views = new UpdateViews(database, updates, nodes);
    this.nodes = nodes;
    this.slots = slots;
    this.watch = new DatabaseWatch("update-events", database, () -> !streams.isEmpty(), this::look);
  }

  private record Subject(Owner owner, String imageName, String imageId) {}

  /** Ends every stream. */
  @Override
  public void close() {
    watch.close();
    streams.keySet().forEach(EventStream::end);
  }

  /**
   * Writes events until the end.
   *
   * @param caller who looks at the update
   * @param first what the first event shows
   * @throws ApiException if the account or the key has as many streams as it may
   */
  void send(ServerResponse response, Caller caller, String imageName, Shown first) {
    try (Slot _ = slots.take(caller)) {
      response
          .header(HeaderNames.CONTENT_TYPE, "text/event-stream")
          .header(HeaderNames.CACHE_CONTROL, "no-store");
      EventStream stream = new EventStream(first.view());
      GuardedConnection.current().ifPresent(it -> it.reader().onHangUp(stream::end));
      streams.put(stream, new Subject(caller.owner(), imageName, first.imageId()));
      watch.begin();
      try {
        Download.send(response, out -> stream.write(out, watch::isClosed));
      } finally {
        streams.remove(stream);
      }
    } catch (IOException e) {
      throw new CloseConnectionException("the client of a stream disconnected", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Only what has another stamp than it had at the last look is read, once for all its streams. */
  private void look() {
    Map<Subject, List<EventStream>> watched = new HashMap<>();
    streams.forEach(
        (stream, subject) -> watched.computeIfAbsent(subject, _ -> new ArrayList<>()).add(stream));
    Set<String> images =
        watched.keySet().stream().map(Subject::imageId).collect(Collectors.toSet());
    Map<String, String> stamps = database.read(handle -> updates.stamps(handle, images));
    lookWhyTheyWait(stamps);
    Map<Subject, String> now = new HashMap<>();
    watched.forEach((subject, its) -> {
      String stamp =
          stamps.getOrDefault(subject.imageId(), "gone")
              + waiting.getOrDefault(subject.imageId(), "");
      now.put(subject, stamp);
      boolean isNew = its.stream().anyMatch(EventStream::isNew);
      if (isNew || !stamp.equals(seen.get(subject))) {
        Optional<UpdateView> view = read(subject);
        its.forEach(stream -> view.ifPresentOrElse(stream::show, stream::end));
      }
    });
    seen = now;
  }

  /** Now and then, for updates that no node has begun. */
  private void lookWhyTheyWait(Map<String, String> stamps) {
    long now = System.nanoTime();
    if (now - lookedWhy < BETWEEN_REASONS.toNanos()) {
      return;
    }
    lookedWhy = now;
    waiting =
        database.read(handle -> {
          Map<String, String> reasons = new HashMap<>();
          stamps.forEach((image, stamp) -> {
            if (stamp.startsWith(NOT_BEGUN)) {
              nodes.waiting(handle, image).ifPresent(reason -> reasons.put(image, reason));
            }
          });
          return reasons;
        });
  }

  private Optional<UpdateView> read(Subject subject) {
    try {
      return Optional.of(views.require(subject.owner(), subject.imageName()))
          .filter(shown -> shown.imageId().equals(subject.imageId()))
          .map(Shown::view);
    } catch (ApiException e) {
      // What was shown is there no more.
      return Optional.empty();
    }
  }
}
