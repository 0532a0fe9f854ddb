package dev.regild.disk.layers;

import dev.regild.disk.DiskChain;
import dev.regild.disk.FileName;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A layer store in one directory of one filesystem: {@code layers/<id>.qcow2}, where a layer names
 * its base by its bare file name, so that the whole directory can be moved. The files of {@link
 * Workspaces} in the same data directory become layers by a rename.
 */
public final class DirectoryLayerStore implements LayerStore {
  private static final String ENDING = FinishedLayer.ENDING;
  private static final Logger LOG = LoggerFactory.getLogger(DirectoryLayerStore.class);

  private final Path layers;

  /** How many read each file now. */
  private final Map<Path, Integer> readers = new HashMap<>();

  /** Those of them that are deleted; with the readers' lock. */
  private final Set<Path> doomed = new HashSet<>();

  /** Makes the directory if it is not there. */
  public DirectoryLayerStore(Path directory) throws IOException {
    // A layer has its guest's password hashes.
    this.layers = PrivateDirectory.within(directory.toAbsolutePath(), "layers").path();
  }

  /** While it is lent, none of its files goes: those that are deleted go when it is given back. */
  @Override
  public BorrowedLayer borrow(String id) throws IOException {
    Path file = path(id);
    List<Path> chain = new ArrayList<>(DiskChain.below(file));
    chain.add(file);
    synchronized (readers) {
      for (Path each : chain) {
        if (!Files.exists(each) || doomed.contains(each)) {
          throw new NoSuchFileException(
              each.toString(), null, "the layer store has no layer " + id);
        }
      }
      chain.forEach(each -> readers.merge(each, 1, Integer::sum));
    }
    return new BorrowedLayer(file, () -> chain.forEach(this::giveBack));
  }

  private void giveBack(Path file) {
    synchronized (readers) {
      readers.computeIfPresent(file, (_, count) -> count > 1 ? count - 1 : null);
      if (!readers.containsKey(file) && doomed.remove(file)) {
        try {
          remove(file);
        } catch (IOException e) {
          LOG.atWarn()
              .addKeyValue("layer", file)
              .addKeyValue("reason", e.getMessage())
              .log("a layer could not be removed");
        }
      }
    }
  }

  private Path path(String id) throws IOException {
    Path path = file(id);
    if (!Files.isRegularFile(path)) {
      throw new NoSuchFileException(path.toString(), null, "the layer store has no layer " + id);
    }
    return path;
  }

  @Override
  public Layer publish(String id, int attempt, Path finished, Optional<String> base)
      throws IOException, ProgramException, InterruptedException {
    if (base.isPresent()) {
      var _ = path(base.get());
      FinishedLayer.nameBase(finished, base.get());
    }
    Layer layer = FinishedLayer.read(id, attempt, finished, base);
    Files.setPosixFilePermissions(finished, PosixFilePermissions.fromString("r--------"));
    DurableFiles.moveInto(layers, finished, FileName.checked(id) + ENDING);
    return layer;
  }

  @Override
  public void delete(String id) throws IOException {
    Path file = file(id);
    synchronized (readers) {
      if (readers.containsKey(file)) {
        doomed.add(file);
      } else {
        remove(file);
      }
    }
  }

  private void remove(Path file) throws IOException {
    Files.deleteIfExists(file);
    DurableFiles.force(layers);
  }

  @Override
  public void removeLeftovers(Predicate<String> needed) throws IOException {
    for (String id : ids()) {
      if (!needed.test(id)) {
        delete(id);
        LOG.atInfo().addKeyValue("layer", id).log("layer removed");
      }
    }
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
}
