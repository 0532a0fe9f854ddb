package dev.regild.update.store;

import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.ObjectLayerStore;
import dev.regild.store.ChangedObjectException;
import dev.regild.store.MissingObjectException;
import dev.regild.store.ObjectStore;
import dev.regild.store.StoredObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** Compares a store with the registry. */
public final class StoreCheck {
  private final Database database;
  private final ObjectStore objects;

  public StoreCheck(Database database, ObjectStore objects) {
    this.database = database;
    this.objects = objects;
  }

  /** What is wrong with an object. */
  public enum Problem {
    /** A layer has no object. */
    MISSING,
    /** Its content is not what was published. */
    CHANGED,
    /** No layer needs it; the garbage collection removes it. */
    ORPHANED
  }

  /**
   * What was found.
   *
   * @param object its name
   * @param detail the problem, for messages
   */
  public record Finding(Problem problem, String object, String detail) {}

  /**
   * Compares the store with the registry.
   *
   * @param contents whether each object is read and its SHA-256 compared
   */
  public List<Finding> run(boolean contents) throws IOException, InterruptedException {
    Map<String, StoredObject> stored =
        objects.list(ObjectLayerStore.FOLDER).stream()
            .collect(
                Collectors.toMap(
                    StoredObject::name, Function.identity(), (one, _) -> one, TreeMap::new));
    NeededLayers needed = database.read(NeededLayers::read);
    List<Finding> findings = new ArrayList<>();
    for (Map.Entry<String, Layer> each : new TreeMap<>(needed.byObject()).entrySet()) {
      // One that was published since the list was made is there all the same.
      Layer layer = each.getValue();
      StoredObject object = stored.get(each.getKey());
      if (object != null && object.bytes() != layer.bytes()) {
        findings.add(
            new Finding(
                Problem.CHANGED,
                each.getKey(),
                "it has %d bytes instead of %d".formatted(object.bytes(), layer.bytes())));
      } else if (contents || object == null) {
        compare(each.getKey(), layer, contents, findings);
      }
    }
    findings.addAll(database.inTransaction(handle -> orphans(handle, stored.keySet())));
    return findings;
  }

  /** Asks the registry again, because reading the contents may have taken hours. */
  private static List<Finding> orphans(Handle handle, Set<String> stored) {
    NeededLayers needed = NeededLayers.read(handle);
    return stored.stream()
        .filter(object -> !needed.isNeeded(handle, object))
        .map(object -> new Finding(Problem.ORPHANED, object, "no layer needs it"))
        .toList();
  }

  private void compare(String object, Layer layer, boolean contents, List<Finding> findings)
      throws IOException, InterruptedException {
    try {
      if (!contents && objects.find(object).isEmpty()) {
        findings.add(missing(object, layer));
      } else if (contents && !objects.sha256(object, layer.bytes()).equals(layer.sha256())) {
        findings.add(new Finding(Problem.CHANGED, object, "its SHA-256 is not " + layer.sha256()));
      }
    } catch (MissingObjectException e) {
      findings.add(missing(object, layer));
    } catch (ChangedObjectException e) {
      findings.add(new Finding(Problem.CHANGED, object, String.valueOf(e.getMessage())));
    }
  }

  private static Finding missing(String object, Layer layer) {
    return new Finding(Problem.MISSING, object, "the layer %s has no object".formatted(layer.id()));
  }
}
