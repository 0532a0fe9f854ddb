package dev.regild.disk;

import dev.regild.files.Sha256;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A finished qcow2 that is about to be a layer, whatever store it comes into. */
public final class FinishedLayer {
  /** Of each layer's file: a layer names its base as {@code <id>.qcow2}, without a directory. */
  public static final String ENDING = ".qcow2";

  private FinishedLayer() {}

  /** Writes the bare name of its base into the file's header. */
  public static void nameBase(Path finished, String base)
      throws ProgramException, InterruptedException {
    QemuImg.renameBase(finished, FileName.checked(base) + ENDING);
  }

  /**
   * What a file is as a layer.
   *
   * @throws IOException if it is no qcow2, or stands on another layer than the named one
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
