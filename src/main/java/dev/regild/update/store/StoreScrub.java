package dev.regild.update.store;

import dev.regild.db.Database;
import dev.regild.db.DatabaseTime;
import dev.regild.disk.layers.ObjectLayerStore;
import dev.regild.image.LayerRecords;
import dev.regild.store.ChangedObjectException;
import dev.regild.store.MissingObjectException;
import dev.regild.store.ObjectRecord;
import dev.regild.store.ObjectRecords;
import dev.regild.store.ObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads all objects once in a period, some in each round, and compares their SHA-256. */
public final class StoreScrub {
  private static final Logger LOG = LoggerFactory.getLogger(StoreScrub.class);

  private final Database database;
  private final ObjectStore objects;
  private final Duration period;

  /**
   * @param period in which each object is read at least once
   */
  public StoreScrub(Database database, ObjectStore objects, Duration period) {
    this.database = database;
    this.objects = objects;
    this.period = period;
  }

  /**
   * Does a round's share of the work, and starts with the objects that were read longest ago.
   *
   * @param between the time between two rounds
   * @return the damaged objects
   */
  public List<ObjectRecord> round(Duration between) throws IOException, InterruptedException {
    List<ObjectRecord> damaged = new ArrayList<>(read(new Layers(), between));
    damaged.addAll(read(new Others(), between));
    return damaged;
  }

  private List<ObjectRecord> read(Kind kind, Duration between)
      throws IOException, InterruptedException {
    int most = database.read(handle -> share(kind.count(handle), between));
    List<ObjectRecord> damaged = new ArrayList<>();
    int well = 0;
    while (well < most) {
      // Damaged ones stay first in the order, and must not keep the others from their turn.
      int wanted = most - well + damaged.size();
      List<ObjectRecord> due = new ArrayList<>(database.read(handle -> due(kind, handle, wanted)));
      due.removeAll(damaged);
      if (due.isEmpty()) {
        break;
      }
      for (ObjectRecord object : due) {
        if (isWell(object, kind)) {
          database.useTransaction(
              handle -> kind.scrubbed(handle, object, DatabaseTime.now(handle).toEpochMilli()));
          well++;
        } else {
          damaged.add(object);
        }
      }
    }
    return damaged;
  }

  /** Returns how many to read: twice what the period needs. */
  private int share(long all, Duration between) {
    double share = 2.0 * between.toMillis() / period.toMillis();
    return (int) Math.ceil(all * Math.min(1, share));
  }

  /** Returns objects that were last read more than half a period ago. */
  private List<ObjectRecord> due(Kind kind, Handle handle, int most) {
    long now = DatabaseTime.now(handle).toEpochMilli();
    return kind.scrubbedBefore(handle, now - period.toMillis() / 2, most);
  }

  /** Where the objects of one kind are recorded. */
  private sealed interface Kind {
    long count(Handle handle);

    List<ObjectRecord> scrubbedBefore(Handle handle, long before, int most);

    void scrubbed(Handle handle, ObjectRecord object, long at);

    /** Whether the registry still has the object; it may have been deleted meanwhile. */
    boolean isKnown(Handle handle, ObjectRecord object);
  }

  private record Layers() implements Kind {
    @Override
    public long count(Handle handle) {
      return LayerRecords.count(handle);
    }

    @Override
    public List<ObjectRecord> scrubbedBefore(Handle handle, long before, int most) {
      return LayerRecords.scrubbedBefore(handle, before, most).stream()
          .map(NeededObjects::object)
          .toList();
    }

    @Override
    public void scrubbed(Handle handle, ObjectRecord object, long at) {
      LayerRecords.scrubbed(handle, ObjectLayerStore.layer(object.name()), at);
    }

    @Override
    public boolean isKnown(Handle handle, ObjectRecord object) {
      return LayerRecords.find(handle, ObjectLayerStore.layer(object.name()))
          .map(NeededObjects::object)
          .filter(object::equals)
          .isPresent();
    }
  }

  private record Others() implements Kind {
    @Override
    public long count(Handle handle) {
      return ObjectRecords.count(handle);
    }

    @Override
    public List<ObjectRecord> scrubbedBefore(Handle handle, long before, int most) {
      return ObjectRecords.scrubbedBefore(handle, before, most);
    }

    @Override
    public void scrubbed(Handle handle, ObjectRecord object, long at) {
      ObjectRecords.scrubbed(handle, object.name(), at);
    }

    @Override
    public boolean isKnown(Handle handle, ObjectRecord object) {
      return ObjectRecords.find(handle, object.name()).filter(object::equals).isPresent();
    }
  }

  private boolean isWell(ObjectRecord object, Kind kind) throws IOException, InterruptedException {
    String problem;
    try {
      if (objects.sha256(object.name(), object.bytes()).equals(object.sha256())) {
        return true;
      }
      problem = "its content was changed";
    } catch (ChangedObjectException | MissingObjectException e) {
      problem = String.valueOf(e.getMessage());
    }
    boolean needed = database.read(handle -> kind.isKnown(handle, object));
    if (needed) {
      LOG.atError()
          .addKeyValue("object", object.name())
          .addKeyValue("reason", problem)
          .log("an object in the store is damaged: regild store check");
    }
    return !needed;
  }
}
