package dev.regild.update;

import dev.regild.disk.LayerStore;
import dev.regild.disk.QemuImg;
import dev.regild.machine.ProgramException;
import dev.regild.servicing.Watcher;
import java.io.IOException;
import java.nio.file.Path;

/** Reserves room on the server, puts an overlay on the existing image's top layer, and begins its servicing. */
final class Prepare {
  private final LayerStore layers;
  private final QemuImg qemuImg;
  private final Platforms platforms;
  private final UpdateRooms rooms;

  Prepare(LayerStore layers, QemuImg qemuImg, Platforms platforms, UpdateRooms rooms) {
    this.layers = layers;
    this.qemuImg = qemuImg;
    this.platforms = platforms;
    this.rooms = rooms;
  }

  Servicing run(Update update, Watcher watcher)
      throws IOException, ProgramException, StepException, InterruptedException {
    rooms.begin(update);
    Path base = layers.path(update.base().layer());
    qemuImg.createOverlay(base, update.overlay());
    return platforms.of(update.platform()).open(update, watcher);
  }
}
