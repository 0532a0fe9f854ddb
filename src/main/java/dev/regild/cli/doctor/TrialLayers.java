package dev.regild.cli.doctor;

import dev.regild.disk.RoomReservations;
import dev.regild.disk.layers.BorrowedLayer;
import dev.regild.disk.layers.DirectoryLayerStore;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.LayerStore;
import dev.regild.disk.layers.NodeCache;
import dev.regild.disk.layers.ObjectLayerStore;
import dev.regild.store.ObjectStore;
import dev.regild.store.StoreSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The layers of an image that is tried: those of the data directory, or copies of a store's. A
 * running server uses the node's own cache, so the copies are made beside the trial.
 *
 * @param connections to be ended afterwards
 */
record TrialLayers(LayerStore layers, Runnable connections) implements AutoCloseable {

  /**
   * Opens the layers.
   *
   * @param chain the image's, from the top
   * @param directory for copies; the caller removes it
   */
  static TrialLayers of(Path data, Optional<StoreSettings> store, List<Layer> chain, Path directory)
      throws IOException {
    if (store.isEmpty()) {
      return new TrialLayers(new DirectoryLayerStore(data), () -> {});
    }
    NodeCache copies =
        new NodeCache(directory.resolve("layers"), Long.MAX_VALUE, new RoomReservations());
    ObjectStore objects = new ObjectStore(store.get());
    return new TrialLayers(new ObjectLayerStore(objects, copies, _ -> chain), objects::close);
  }

  BorrowedLayer borrow(String layer) throws IOException, InterruptedException {
    return layers.borrow(layer);
  }

  @Override
  public void close() {
    connections.run();
  }
}
