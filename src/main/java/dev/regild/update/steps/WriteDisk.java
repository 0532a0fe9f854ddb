package dev.regild.update.steps;

import dev.regild.db.Database;
import dev.regild.disk.ByteCount;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.RoomReservations.Reservation;
import dev.regild.disk.layers.BorrowedLayer;
import dev.regild.disk.layers.LayerStore;
import dev.regild.disk.upload.DiskStore;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.jobs.ExportTask;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.DoubleConsumer;

/**
 * Writes an image, with all layers that it stands on, as one qcow2 among the disks of its owner. An
 * attempt after a crash writes it again, under the same id.
 */
public record WriteDisk(
    Database database, LayerStore layers, DiskStore disks, RoomReservations room)
    implements Step<ExportTask, UploadedDisk> {

  @Override
  public String name() {
    return "Write";
  }

  @Override
  public UploadedDisk run(ExportTask task, StepControl control)
      throws IOException, ProgramException, InterruptedException {
    ImageDisk disk =
        database
            .read(handle -> Images.findById(handle, task.imageId()))
            .flatMap(Image::disk)
            .orElseThrow(() -> new IOException("The image is gone: " + task.imageArn()));
    try (BorrowedLayer layer = layers.borrow(disk.layer())) {
      return disks.export(
          task.amiId(),
          task.owner().accountId(),
          DiskFormat.QCOW2,
          control::record,
          file -> convert(layer.file(), file, control));
    }
  }

  private void convert(Path layer, Path file, StepControl control)
      throws IOException, ProgramException, InterruptedException {
    try (Reservation reservation =
        room.reserve(file.resolveSibling(""), QemuImg.standaloneBytes(layer))) {
      DoubleConsumer written = reservation.progress().andThen(control);
      QemuImg.convert(layer, DiskFormat.QCOW2, file, DiskFormat.QCOW2, written);
    }
  }

  @Override
  public String outcome(UploadedDisk disk) {
    return "%s, %s".formatted(disk.id(), ByteCount.text(disk.bytes()));
  }

  @Override
  public String remedy(ExportTask task, String reason) {
    return "";
  }
}
