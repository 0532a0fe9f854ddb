package dev.regild.update;

import dev.regild.disk.LayerStore;
import dev.regild.disk.QemuImg;
import dev.regild.machine.ProgramException;
import dev.regild.servicing.Guest;
import dev.regild.servicing.Guests;
import dev.regild.servicing.Watcher;
import java.io.IOException;
import java.nio.file.Path;

/** Puts an overlay on the existing image's top layer, and opens the guest on it. */
final class Prepare {
  private final LayerStore layers;
  private final QemuImg qemuImg;
  private final Guests guests;

  Prepare(LayerStore layers, QemuImg qemuImg, Guests guests) {
    this.layers = layers;
    this.qemuImg = qemuImg;
    this.guests = guests;
  }

  Guest run(Update update, Watcher watcher)
      throws IOException, ProgramException, InterruptedException {
    Path base = layers.path(update.base().layer());
    qemuImg.createOverlay(base, update.overlay());
    return guests.open(
        update.overlay(), update.base().layout(), update.directory().resolve("guest"), watcher);
  }
}
