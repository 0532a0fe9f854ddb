package dev.regild.disk;

import dev.regild.files.DurableFiles;
import dev.regild.files.Listing;
import dev.regild.files.PrivateDirectory;
import dev.regild.files.Sha256;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;

/**
 * A layer store in one directory of one filesystem: {@code layers/<id>.qcow2}, where a layer names
 * its base by its bare file name, so that the whole directory can be moved. The files of {@link
 * Workspaces} in the same data directory become layers by a rename.
 */
public final class DirectoryLayerStore implements LayerStore {
  private static final String ENDING = ".qcow2";

  private final Path layers;
  private final QemuImg qemuImg;

  /** Makes the directory if it is not there. */
  public DirectoryLayerStore(Path directory, QemuImg qemuImg) throws IOException {
    // A layer has its guest's password hashes.
    this.layers = PrivateDirectory.within(directory.toAbsolutePath(), "layers").path();
    this.qemuImg = qemuImg;
  }

  /** The files are here as long as the layers, so there is nothing to give back. */
  @Override
  public BorrowedLayer borrow(String id) throws IOException {
    return new Here(path(id));
  }

  private record Here(Path file) implements BorrowedLayer {
    @Override
    public void close() {}
  }

  private Path path(String id) throws IOException {
    Path path = file(id);
    if (!Files.isRegularFile(path)) {
      throw new NoSuchFileException(path.toString(), null, "the layer store has no layer " + id);
    }
    return path;
  }

  @Override
  public Layer publish(String id, Path finished, Optional<String> base)
      throws IOException, ProgramException, InterruptedException {
    if (base.isPresent()) {
      var _ = path(base.get());
      qemuImg.renameBase(finished, base.get() + ENDING);
    }
    Qcow2Header header = header(finished);
    if (!header.backingFile().equals(base.map(b -> b + ENDING))) {
      throw new IOException(
          "the backing file of %s is %s, not the named layer"
              .formatted(finished, header.backingFile().orElse("nothing")));
    }
    Layer layer =
        new Layer(
            id, base, Files.size(finished), header.virtualBytes(), Sha256.interruptibly(finished));
    Files.setPosixFilePermissions(finished, PosixFilePermissions.fromString("r--------"));
    DurableFiles.moveInto(layers, finished, FileName.checked(id) + ENDING);
    return layer;
  }

  @Override
  public void delete(String id) throws IOException {
    Files.deleteIfExists(file(id));
    DurableFiles.force(layers);
  }

  @Override
  public List<String> ids() throws IOException {
    return Listing.names(layers).stream()
        .filter(name -> name.endsWith(ENDING))
        .map(name -> name.substring(0, name.length() - ENDING.length()))
        .toList();
  }

  @Override
  public boolean verify(Layer layer) throws IOException {
    Path path = path(layer.id());
    return Files.size(path) == layer.bytes() && Sha256.interruptibly(path).equals(layer.sha256());
  }

  private Path file(String id) {
    return layers.resolve(FileName.checked(id) + ENDING);
  }

  private static Qcow2Header header(Path finished) throws IOException {
    try {
      return Qcow2Header.read(finished);
    } catch (UnfitDiskException e) {
      throw new IOException(finished + " cannot be a layer: " + e.getMessage(), e);
    }
  }
}
