package dev.regild.disk.layers;

import dev.regild.disk.FileName;
import dev.regild.disk.Qcow2Header;
import dev.regild.disk.QemuImg;
import dev.regild.disk.UnfitDiskException;
import dev.regild.files.Sha256;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A finished qcow2 file that is about to become a layer of any store. */
public final class FinishedLayer {
  /** The end of each layer's file name. A layer names its base as {@code <id>.qcow2}. */
  public static final String ENDING = ".qcow2";

  private FinishedLayer() {}

  /** Writes the bare name of its base into the file's header. */
  public static void nameBase(Path finished, String base)
      throws ProgramException, InterruptedException {
    QemuImg.renameBase(finished, FileName.checked(base) + ENDING);
  }

  /**
   * Describes a file as a layer.
   *
   * @throws IOException if it is not a qcow2 file, or stands on a layer other than the named one
   */
  public static Layer read(String id, int attempt, Path finished, Optional<String> base)
      throws IOException {
    Qcow2Header header = header(finished);
    if (!header.backingFile().equals(base.map(b -> b + ENDING))) {
      throw new IOException(
          "the backing file of %s is %s, not the named layer"
              .formatted(finished, header.backingFile().orElse("nothing")));
    }
    return new Layer(
        FileName.checked(id),
        base,
        Files.size(finished),
        header.virtualBytes(),
        Sha256.interruptibly(finished),
        attempt);
  }

  private static Qcow2Header header(Path finished) throws IOException {
    try {
      return Qcow2Header.read(finished);
    } catch (UnfitDiskException e) {
      throw new IOException(finished + " cannot be a layer: " + e.getMessage(), e);
    }
  }
}
