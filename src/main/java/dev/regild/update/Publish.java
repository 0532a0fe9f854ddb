package dev.regild.update;

import dev.regild.disk.Layer;
import dev.regild.disk.LayerStore;
import dev.regild.disk.QemuImg;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.DoubleConsumer;

/** Turns the overlay into a compressed, immutable layer of the store. */
final class Publish {
  private final LayerStore layers;
  private final QemuImg qemuImg;

  Publish(LayerStore layers, QemuImg qemuImg) {
    this.layers = layers;
    this.qemuImg = qemuImg;
  }

  /**
   * What was published.
   *
   * @param layer in the store
   * @param overlayBytes the room that the overlay took before it was compressed
   */
  record Published(Layer layer, long overlayBytes) {}

  Published run(Update update, DoubleConsumer progress)
      throws IOException, ProgramException, InterruptedException {
    String base = update.base().layer();
    long overlayBytes = Files.size(update.overlay());
    Path delta = update.delta();
    qemuImg.compressDelta(update.overlay(), layers.path(base), delta, progress);
    Layer layer = layers.publish(update.newImage().id(), delta, Optional.of(base));
    return new Published(layer, overlayBytes);
  }
}
