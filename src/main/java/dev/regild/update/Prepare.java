package dev.regild.update;

import dev.regild.disk.LayerStore;
import dev.regild.disk.QemuImg;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Path;

/** Puts an overlay on the existing image's top layer, and begins its servicing. */
final class Prepare implements Step<Update, OpenUpdate> {
  private final LayerStore layers;
  private final QemuImg qemuImg;
  private final Platforms platforms;

  Prepare(LayerStore layers, QemuImg qemuImg, Platforms platforms) {
    this.layers = layers;
    this.qemuImg = qemuImg;
    this.platforms = platforms;
  }

  @Override
  public String name() {
    return "Prepare";
  }

  @Override
  public OpenUpdate run(Update update, StepControl control)
      throws IOException, ProgramException, InterruptedException {
    Path base = control.keep(layers.borrow(update.base().layer())).file();
    qemuImg.createOverlay(base, update.overlay());
    return new OpenUpdate(update, base, platforms.of(update.platform()).open(update, control));
  }

  @Override
  public String outcome(OpenUpdate open) {
    return open.servicing().manner();
  }

  @Override
  public String remedy(Update update, String reason) {
    return Remedy.of(reason, Remedy.FREE_SPACE);
  }
}
