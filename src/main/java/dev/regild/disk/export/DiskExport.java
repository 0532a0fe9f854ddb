package dev.regild.disk.export;

import dev.regild.disk.DiskChain;
import dev.regild.disk.ExportFormat;
import dev.regild.disk.Qcow2Header;
import dev.regild.disk.QemuImg;
import dev.regild.disk.UnfitDiskException;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.DoubleConsumer;

/** Writes a layer, with all that it stands on, as one standalone disk for other systems. */
public final class DiskExport {
  private DiskExport() {}

  /**
   * The most room that the disk may take: that of a qcow2, and the tables of the other formats,
   * which have an entry of a few bytes for each 64 KiB at least. The files of raw and VHD are as
   * large as the disk, but sparse.
   */
  public static long largestBytes(Path layer) throws ProgramException, InterruptedException {
    long data = QemuImg.standaloneBytes(layer);
    return data + (data >> 8) + (1 << 20);
  }

  /**
   * Writes the disk.
   *
   * @param target a file that is not there; files whose names begin with its name are made beside
   *     it, and are gone when this ends
   * @param progress is given the part that is done, 0 to 1, from a thread of its own
   */
  public static void write(Path layer, ExportFormat format, Path target, DoubleConsumer progress)
      throws IOException, ProgramException, InterruptedException {
    long virtualBytes = virtualBytes(layer);
    long size = format.sizeFor(virtualBytes);
    if (size == virtualBytes) {
      QemuImg.export(layer, format, target, progress);
      return;
    }
    Path grown = target.resolveSibling(target.getFileName() + ".grown");
    try {
      QemuImg.createLargerOverlay(layer, grown, size);
      QemuImg.export(grown, format, target, progress);
    } finally {
      Files.deleteIfExists(grown);
      Files.deleteIfExists(DiskChain.recordOf(grown));
    }
  }

  private static long virtualBytes(Path layer) throws IOException {
    try {
      return Qcow2Header.read(layer).virtualBytes();
    } catch (UnfitDiskException e) {
      throw new IOException("%s can't be exported: %s".formatted(layer, e.getMessage()), e);
    }
  }
}
