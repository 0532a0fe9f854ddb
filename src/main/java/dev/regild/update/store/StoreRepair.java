package dev.regild.update.store;

import dev.regild.db.Database;
import dev.regild.disk.layers.FinishedLayer;
import dev.regild.disk.layers.Layer;
import dev.regild.files.Sha256;
import dev.regild.store.ObjectStore;
import dev.regild.update.store.StoreCheck.Finding;
import dev.regild.update.store.StoreCheck.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes missing and changed objects again from a node's copies. */
public final class StoreRepair {
  private final Database database;
  private final ObjectStore objects;
  private final Path cache;

  /**
   * @param cache the node's directory of copies
   */
  public StoreRepair(Database database, ObjectStore objects, Path cache) {
    this.database = database;
    this.objects = objects;
    this.cache = cache;
  }

  /**
   * Repairs an object, if this node has a good copy of the layer.
   *
   * @return whether it was repaired
   */
  public boolean repair(Finding finding) throws IOException, InterruptedException {
    if (finding.problem() == Problem.ORPHANED) {
      return false;
    }
    Layer layer = database.read(NeededLayers::read).byObject().get(finding.object());
    if (layer == null) {
      return false;
    }
    Path copy = cache.resolve(layer.id() + FinishedLayer.ENDING);
    if (!Files.isRegularFile(copy)
        || Files.size(copy) != layer.bytes()
        || !Sha256.interruptibly(copy).equals(layer.sha256())) {
      return false;
    }
    if (finding.problem() == Problem.CHANGED) {
      // Not deleted first: if this fails, the damaged object may be all that is left.
      objects.replace(finding.object(), copy, layer.sha256());
    } else {
      objects.write(finding.object(), copy, layer.sha256());
    }
    return true;
  }
}
