package dev.regild.update.store;

import dev.regild.db.Database;
import dev.regild.disk.FinishedLayer;
import dev.regild.disk.Layer;
import dev.regild.files.Sha256;
import dev.regild.store.ObjectStore;
import dev.regild.update.store.StoreCheck.Finding;
import dev.regild.update.store.StoreCheck.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes objects again that are missing or were changed, from the copies that a node has. */
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
   * Repairs what was found, if this node has a good copy of the layer.
   *
   * @return whether it is well now
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
      // Not deleted first: what is left of it may be all that there is if this fails.
      objects.replace(finding.object(), copy, layer.sha256());
    } else {
      objects.write(finding.object(), copy, layer.sha256());
    }
    return true;
  }
}
