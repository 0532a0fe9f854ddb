package dev.regild.update.steps;

import dev.regild.disk.ByteCount;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.RoomReservations.Reservation;
import dev.regild.disk.layers.LayerStore;
import dev.regild.image.Flattening;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes a chain of layers as one compressed qcow2 that stands alone. */
public record MergeLayers(LayerStore layers, RoomReservations room)
    implements Step<Flattening, MergeLayers.Merged> {

  /**
   * What was written.
   *
   * @param chain the top of the old chain
   * @param file the new one
   * @param bytes its size
   */
  public record Merged(Flattening flattening, Path chain, Path file, long bytes) {}

  @Override
  public String name() {
    return "Merge";
  }

  @Override
  public Merged run(Flattening flattening, StepControl control)
      throws IOException, ProgramException, InterruptedException {
    Path chain = control.keep(layers.borrow(flattening.oldLayer())).file();
    Path file = control.directory().resolve("merged.qcow2");
    try (Reservation reservation =
        room.reserve(control.directory(), QemuImg.standaloneBytes(chain))) {
      QemuImg.compress(chain, DiskFormat.QCOW2, file, reservation.progress().andThen(control));
    }
    return new Merged(flattening, chain, file, Files.size(file));
  }

  @Override
  public String outcome(Merged merged) {
    return "%d layers as one of %s"
        .formatted(merged.flattening().depth(), ByteCount.text(merged.bytes()));
  }

  @Override
  public String remedy(Flattening flattening, String reason) {
    return Remedy.FREE_SPACE;
  }
}
