package dev.regild.update.store;

import dev.regild.db.Database;
import dev.regild.db.DatabaseTime;
import dev.regild.db.Portions;
import dev.regild.disk.upload.UploadRecords;
import dev.regild.store.ContentStore;
import dev.regild.store.HalfUpload;
import dev.regild.store.ObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the objects that the registry does not need, and multipart uploads that killed nodes
 * left. It works in two phases: it records garbage in the database, and removes what was recorded
 * longer ago than the grace, by the database's clock. So no node removes anything on its own.
 */
public final class StoreGarbage {
  private static final Logger LOG = LoggerFactory.getLogger(StoreGarbage.class);

  private final Database database;
  private final ObjectStore objects;
  private final Duration grace;

  /**
   * @param grace longer than any lease of a job
   */
  public StoreGarbage(Database database, ObjectStore objects, Duration grace) {
    this.database = database;
    this.objects = objects;
    this.grace = grace;
  }

  /**
   * One object, or one upload of it.
   *
   * @param upload the id of a multipart upload; empty for the object itself
   */
  public record Garbage(String object, String upload) {}

  /**
   * The outcome of a run.
   *
   * @param waiting recorded, within its grace
   * @param removed by this collection
   */
  public record Collected(List<Garbage> waiting, List<Garbage> removed) {}

  /**
   * Does both phases once.
   *
   * @throws IOException if the store belongs to another registry, or does not answer
   */
  public Collected collect() throws IOException, InterruptedException {
    StoreOwner.require(database, objects);
    removeAbandonedUploads();
    database.useTransaction(this::forgetUnusedContents);
    Run run = new Run(database.read(StoreGarbage::marks));
    for (String folder : NeededObjects.FOLDERS) {
      objects.list(
          folder,
          page -> run.take(page.stream().map(object -> new Garbage(object.name(), "")).toList()));
      objects
          .uploads()
          .list(
              folder,
              page -> run.take(page.stream().map(it -> new Garbage(it.name(), it.id())).toList()));
    }
    run.forgetWhatIsGone();
    return new Collected(List.copyOf(run.waiting), List.copyOf(run.removed));
  }

  /** Removes the uploads of clients that never came back. */
  private void removeAbandonedUploads() throws IOException, InterruptedException {
    for (HalfUpload upload :
        database.inTransaction(handle -> UploadRecords.forgetAbandoned(handle, grace))) {
      objects.uploads().abort(upload);
      LOG.atInfo().addKeyValue("object", upload.name()).log("abandoned upload removed");
    }
  }

  /** A content was kept before something refers to it, which takes less than the grace. */
  private void forgetUnusedContents(Handle handle) {
    handle
        .createUpdate(
            "DELETE FROM stored_object WHERE written < :before AND " + ContentStore.UNUSED)
        .bind("before", DatabaseTime.now(handle).minus(grace).toEpochMilli())
        .execute();
  }

  /** One run over the store, a page at a time. */
  private final class Run {
    private final Map<Garbage, Long> marks;
    private final Set<Garbage> gone;
    private final List<Garbage> waiting = new ArrayList<>();
    private final List<Garbage> removed = new ArrayList<>();

    Run(Map<Garbage, Long> marks) {
      this.marks = marks;
      this.gone = new HashSet<>(marks.keySet());
    }

    void take(List<Garbage> page) throws IOException, InterruptedException {
      List<Garbage> due = new ArrayList<>();
      List<Garbage> marked = new ArrayList<>();
      database.useTransaction(handle -> {
        due.clear();
        marked.clear();
        mark(handle, page, due, marked);
      });
      waiting.addAll(marked);
      for (Garbage garbage : due) {
        remove(garbage);
        removed.add(garbage);
      }
      page.forEach(gone::remove);
    }

    private void mark(Handle handle, List<Garbage> page, List<Garbage> due, List<Garbage> marked) {
      Set<String> needed =
          NeededObjects.among(handle, page.stream().map(Garbage::object).distinct().toList());
      long now = DatabaseTime.now(handle).toEpochMilli();
      List<Garbage> used = new ArrayList<>();
      List<Garbage> found = new ArrayList<>();
      for (Garbage garbage : page) {
        Long seen = marks.get(garbage);
        if (needed.contains(garbage.object())) {
          if (seen != null) {
            used.add(garbage);
          }
        } else if (seen == null) {
          found.add(garbage);
        } else {
          (now - seen >= grace.toMillis() ? due : marked).add(garbage);
        }
      }
      forget(handle, used);
      remember(handle, found, now);
      marked.addAll(found);
    }

    /** Some at a time, so that the node's other transactions need not wait for thousands. */
    void forgetWhatIsGone() {
      Portions.of(gone).forEach(some -> database.useTransaction(handle -> forget(handle, some)));
    }
  }

  private static Map<Garbage, Long> marks(Handle handle) {
    Map<Garbage, Long> marks = new HashMap<>();
    handle
        .createQuery("SELECT object, upload, seen FROM store_garbage")
        .map((row, _) ->
            Map.entry(
                new Garbage(row.getString("object"), row.getString("upload")), row.getLong("seen")))
        .forEach(mark -> marks.put(mark.getKey(), mark.getValue()));
    return marks;
  }

  private static void remember(Handle handle, List<Garbage> garbage, long now) {
    PreparedBatch batch =
        handle.prepareBatch(
            """
            INSERT INTO store_garbage (object, upload, seen) VALUES (:object, :upload, :seen)
            ON CONFLICT (object, upload) DO NOTHING
            """);
    for (Garbage each : garbage) {
      batch.bind("object", each.object()).bind("upload", each.upload()).bind("seen", now).add();
    }
    batch.execute();
  }

  private static void forget(Handle handle, List<Garbage> garbage) {
    PreparedBatch batch =
        handle.prepareBatch(
            "DELETE FROM store_garbage WHERE object = :object AND upload = :upload");
    for (Garbage each : garbage) {
      batch.bind("object", each.object()).bind("upload", each.upload()).add();
    }
    batch.execute();
  }

  /** Calls the store outside a transaction. The next collection removes the record. */
  private void remove(Garbage garbage) throws IOException, InterruptedException {
    if (garbage.upload().isEmpty()) {
      objects.delete(garbage.object());
    } else {
      objects.uploads().abort(new HalfUpload(garbage.object(), garbage.upload()));
    }
    LOG.atInfo()
        .addKeyValue("object", garbage.object())
        .addKeyValue("upload", garbage.upload())
        .log("garbage removed from the store");
  }
}
