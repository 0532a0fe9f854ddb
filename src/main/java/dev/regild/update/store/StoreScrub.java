package dev.regild.update.store;

import dev.regild.db.Database;
import dev.regild.db.DatabaseTime;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.ObjectLayerStore;
import dev.regild.image.LayerRecords;
import dev.regild.store.ChangedObjectException;
import dev.regild.store.MissingObjectException;
import dev.regild.store.ObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the objects of all layers once in a period, some in each round, and compares their SHA-256.
 */
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
   * @return the damaged layers
   */
  public List<Layer> round(Duration between) throws IOException, InterruptedException {
    int most = database.read(handle -> share(handle, between));
    List<Layer> damaged = new ArrayList<>();
    int well = 0;
    while (well < most) {
      // Damaged ones stay first in the order, and must not keep the others from their turn.
      int wanted = most - well + damaged.size();
      List<Layer> due = new ArrayList<>(database.read(handle -> due(handle, wanted)));
      due.removeAll(damaged);
      if (due.isEmpty()) {
        break;
      }
      for (Layer layer : due) {
        if (isWell(layer)) {
          database.useTransaction(handle ->
              LayerRecords.scrubbed(handle, layer.id(), DatabaseTime.now(handle).toEpochMilli()));
          well++;
        } else {
          damaged.add(layer);
        }
      }
    }
    return damaged;
  }

  /** Returns how many to read: twice what the period needs. */
  private int share(Handle handle, Duration between) {
    double share = 2.0 * between.toMillis() / period.toMillis();
    return (int) Math.ceil(LayerRecords.count(handle) * Math.min(1, share));
  }

  /** Returns layers that were last read more than half a period ago. */
  private List<Layer> due(Handle handle, int most) {
    long now = DatabaseTime.now(handle).toEpochMilli();
    return LayerRecords.scrubbedBefore(handle, now - period.toMillis() / 2, most);
  }

  private boolean isWell(Layer layer) throws IOException, InterruptedException {
    String object = ObjectLayerStore.object(layer);
    String problem;
    try {
      if (objects.sha256(object, layer.bytes()).equals(layer.sha256())) {
        return true;
      }
      problem = "its content was changed";
    } catch (ChangedObjectException | MissingObjectException e) {
      problem = String.valueOf(e.getMessage());
    }
    // It may have been deleted meanwhile, with its image.
    boolean needed =
        database
            .read(handle -> LayerRecords.find(handle, layer.id()))
            .filter(layer::equals)
            .isPresent();
    if (needed) {
      LOG.atError()
          .addKeyValue("layer", layer.id())
          .addKeyValue("object", object)
          .addKeyValue("reason", problem)
          .log("a layer in the store is damaged: regild store check");
    }
    return !needed;
  }
}
