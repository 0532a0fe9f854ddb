package dev.regild.job;

import dev.regild.db.Database;
import dev.regild.disk.layers.LayerStore;
import dev.regild.image.LayerRecords;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes layers whose jobs came to the store, but not to the registry: nothing stands on them. */
public final class LayerLeftovers {
  private static final Logger LOG = LoggerFactory.getLogger(LayerLeftovers.class);

  private final Database database;
  private final LayerStore layers;

  public LayerLeftovers(Database database, LayerStore layers) {
    this.database = database;
    this.layers = layers;
  }

  /** What can't be removed now is removed when the server starts next. */
  public void remove(String layer) {
    if (database.read(handle -> LayerRecords.find(handle, layer)).isPresent()) {
      return;
    }
    try {
      layers.delete(layer);
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("layer", layer)
          .addKeyValue("reason", e.getMessage())
          .log("a layer could not be removed");
    }
  }
}
