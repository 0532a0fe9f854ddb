package dev.regild.update.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.ObjectLayerStore;
import dev.regild.files.Sha256;
import dev.regild.image.LayerRecords;
import dev.regild.store.ObjectStore;
import dev.regild.store.StoredObject;
import dev.regild.store.TakenKeyException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * The registry that a store belongs to. To any other one, all of its layers would be garbage. The
 * first registry that collects garbage writes its id into the store.
 */
public final class StoreOwner {
  static final String OBJECT = "registry";

  private StoreOwner() {}

  /**
   * Claims a store that belongs to no registry yet.
   *
   * @throws IOException if it belongs to another one
   */
  public static void require(Database database, ObjectStore objects)
      throws IOException, InterruptedException {
    String id = database.inTransaction(StoreOwner::registryId);
    String sha256 = Sha256.of(id.getBytes(UTF_8));
    if (objects.find(OBJECT).isEmpty()) {
      take(objects, id, sha256);
    }
    if (!objects.find(OBJECT).flatMap(StoredObject::sha256).equals(Optional.of(sha256))) {
      throw new IOException(
          "The store %s belongs to another registry, so nothing is removed from it. Give each registry its own prefix; if the other one is gone, delete the object %s."
              .formatted(objects.location(), OBJECT));
    }
  }

  /**
   * Returns why this registry can't use a store, and what to do; empty if it can. A registry that
   * has no layers yet can use one that belongs to nobody.
   *
   * @throws IOException if the store does not answer
   */
  public static Optional<String> conflict(Database database, ObjectStore objects)
      throws IOException, InterruptedException {
    Optional<StoredObject> owner = objects.find(OBJECT);
    if (owner.isPresent()) {
      String id = database.inTransaction(StoreOwner::registryId);
      return owner.get().sha256().equals(Optional.of(Sha256.of(id.getBytes(UTF_8))))
          ? Optional.empty()
          : Optional.of(
              "The store %s belongs to another registry. Name the store of the configured database, or a new prefix and a new database."
                  .formatted(objects.location()));
    }
    Optional<Layer> layer =
        database.read(handle -> LayerRecords.after(handle, "", 1)).stream().findFirst();
    return layer.isEmpty() || objects.find(ObjectLayerStore.object(layer.get())).isPresent()
        ? Optional.empty()
        : Optional.of(
            "The store %s has none of the registry's layers. Name the store that the other nodes use."
                .formatted(objects.location()));
  }

  private static void take(ObjectStore objects, String id, String sha256)
      throws IOException, InterruptedException {
    Path file = Files.createTempFile("regild-registry-", ".id");
    try {
      Files.writeString(file, id);
      objects.write(OBJECT, file, sha256);
    } catch (TakenKeyException e) {
      // Another node was faster.
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static String registryId(Handle handle) {
    Optional<String> known =
        handle.createQuery("SELECT id FROM registry").mapTo(String.class).findOne();
    if (known.isPresent()) {
      return known.get();
    }
    String id = UUID.randomUUID().toString();
    handle.execute("INSERT INTO registry (id) VALUES (?)", id);
    return id;
  }
}
