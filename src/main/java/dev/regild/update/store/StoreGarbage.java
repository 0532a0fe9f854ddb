package dev.regild.update.store;

import dev.regild.db.Database;
import dev.regild.db.DatabaseTime;
import dev.regild.disk.layers.ObjectLayerStore;
import dev.regild.store.HalfUpload;
import dev.regild.store.ObjectStore;
import dev.regild.store.StoredObject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the objects of layers that no image needs, and multipart uploads that killed nodes left.
 * It works in two phases: it records garbage in the database, and removes what was recorded longer
 * ago than the grace, by the database's clock. So no node removes anything on its own.
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
   * The outcome of a collection.
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
    // The store first: what is published later is not looked at.
    Set<Garbage> found = new HashSet<>();
    for (StoredObject object : objects.list(ObjectLayerStore.FOLDER)) {
      found.add(new Garbage(object.name(), ""));
    }
    for (HalfUpload upload : objects.halfUploads(ObjectLayerStore.FOLDER)) {
      found.add(new Garbage(upload.name(), upload.id()));
    }
    List<Garbage> due = new ArrayList<>();
    List<Garbage> waiting = new ArrayList<>();
    database.useTransaction(handle -> {
      due.clear();
      waiting.clear();
      mark(handle, found, due, waiting);
    });
    List<Garbage> removed = new ArrayList<>();
    for (Garbage garbage : due) {
      remove(garbage);
      removed.add(garbage);
    }
    return new Collected(List.copyOf(waiting), removed);
  }

  private void mark(Handle handle, Set<Garbage> found, List<Garbage> due, List<Garbage> waiting) {
    NeededLayers needed = NeededLayers.read(handle);
    long now = DatabaseTime.now(handle).toEpochMilli();
    List<Marked> marked = marks(handle);
    Set<Garbage> known = new HashSet<>();
    for (Marked mark : marked) {
      if (!found.contains(mark.garbage()) || needed.isNeeded(handle, mark.garbage().object())) {
        forget(handle, mark.garbage());
      } else {
        known.add(mark.garbage());
        (now - mark.seen() >= grace.toMillis() ? due : waiting).add(mark.garbage());
      }
    }
    for (Garbage garbage : found) {
      if (!known.contains(garbage) && !needed.isNeeded(handle, garbage.object())) {
        remember(handle, garbage, now);
        waiting.add(garbage);
      }
    }
  }

  private record Marked(Garbage garbage, long seen) {}

  private static List<Marked> marks(Handle handle) {
    return handle
        .createQuery("SELECT object, upload, seen FROM store_garbage")
        .map((row, _) ->
            new Marked(
                new Garbage(row.getString("object"), row.getString("upload")), row.getLong("seen")))
        .list();
  }

  private static void remember(Handle handle, Garbage garbage, long now) {
    handle
        .createUpdate(
            """
            INSERT INTO store_garbage (object, upload, seen) VALUES (:object, :upload, :seen)
            ON CONFLICT (object, upload) DO NOTHING
            """)
        .bind("object", garbage.object())
        .bind("upload", garbage.upload())
        .bind("seen", now)
        .execute();
  }

  private static void forget(Handle handle, Garbage garbage) {
    handle
        .createUpdate("DELETE FROM store_garbage WHERE object = :object AND upload = :upload")
        .bind("object", garbage.object())
        .bind("upload", garbage.upload())
        .execute();
  }

  /** Calls the store outside a transaction. The next collection removes the record. */
  private void remove(Garbage garbage) throws IOException, InterruptedException {
    if (garbage.upload().isEmpty()) {
      objects.delete(garbage.object());
    } else {
      objects.abort(new HalfUpload(garbage.object(), garbage.upload()));
    }
    LOG.atInfo()
        .addKeyValue("object", garbage.object())
        .addKeyValue("upload", garbage.upload())
        .log("garbage removed from the store");
  }
}
