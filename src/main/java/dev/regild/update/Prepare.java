package dev.regild.update;

import dev.regild.disk.LayerStore;
import dev.regild.disk.QemuImg;
import dev.regild.machine.ProgramException;
import dev.regild.servicing.Watcher;
import java.io.IOException;
import java.nio.file.Path;

/** Puts an overlay on the existing image's top layer, and begins its servicing. */
final class Prepare {
  private final LayerStore layers;
  private final QemuImg qemuImg;
  private final Platforms platforms;

  Prepare(LayerStore layers, QemuImg qemuImg, Platforms platforms) {
    this.layers = layers;
    this.qemuImg = qemuImg;
    this.platforms = platforms;
  }

  Servicing run(Update update, Watcher watcher)
      throws IOException, ProgramException, InterruptedException {
    Path base = layers.path(update.base().layer());
    qemuImg.createOverlay(base, update.overlay());
    return platforms.of(update.platform()).open(update, watcher);
  }
}
