package dev.regild.update.steps;

import dev.regild.disk.QemuImg;
import dev.regild.disk.layers.LayerStore;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.job.StepException;
import dev.regild.machine.ProgramException;
import dev.regild.servicing.Servicing;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Reserves room on the server, puts an overlay on the existing image's top layer, and begins its
 * servicing.
 */
public record Prepare(LayerStore layers, Platforms platforms, UpdateRooms rooms)
    implements Step<Update, Prepare.Open> {

  /**
   * An update whose disk is open, or was until it was sealed.
   *
   * @param update with the plan; from Resolve on, with what of it is possible
   * @param base the existing image's top layer, borrowed for as long as the job runs
   * @param servicing the work on its disk
   */
  public record Open(Update update, Path base, Servicing servicing) {}

  @Override
  public String name() {
    return "Prepare";
  }

  @Override
  public Open run(Update update, StepControl control)
      throws IOException, ProgramException, StepException, InterruptedException {
    rooms.begin(update);
    Path base = control.keep(layers.borrow(update.base().layer())).file();
    QemuImg.createOverlay(base, update.overlay());
    return new Open(update, base, platforms.of(update.platform()).open(update.task(), control));
  }

  @Override
  public String outcome(Open open) {
    return open.servicing().manner();
  }

  @Override
  public String remedy(Update update, String reason) {
    return Remedy.of(reason, Remedy.FREE_SPACE);
  }
}
