package dev.regild.disk.layers;

import dev.regild.disk.DiskChain;
import dev.regild.machine.ProgramException;
import dev.regild.store.ChangedObjectException;
import dev.regild.store.ObjectStore;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A layer store of objects that many nodes share: {@code layers/<id>/<attempt>.qcow2}. A borrower
 * reads copies in this node's {@link NodeCache}, which were verified when they were fetched.
 */
public final class ObjectLayerStore implements LayerStore {
  /** The beginning of all layers' object names. */
  public static final String FOLDER = "layers/";

  private static final Logger LOG = LoggerFactory.getLogger(ObjectLayerStore.class);

  private final ObjectStore objects;
  private final NodeCache cache;
  private final LayerIndex index;

  public ObjectLayerStore(ObjectStore objects, NodeCache cache, LayerIndex index) {
    this.objects = objects;
    this.cache = cache;
    this.index = index;
  }

  /**
   * Returns the name of a layer's object. Each attempt has another one, so that a late attempt does
   * not overwrite it.
   */
  public static String object(Layer layer) {
    return "%s%s/%d%s".formatted(FOLDER, layer.id(), layer.attempt(), FinishedLayer.ENDING);
  }

  /** Returns the id of the layer that an object belongs to. */
  public static String layer(String object) {
    return object.substring(FOLDER.length(), object.lastIndexOf('/'));
  }

  @Override
  public BorrowedLayer borrow(String id) throws IOException, InterruptedException {
    List<Layer> chain = index.chain(id);
    if (chain.isEmpty()) {
      throw new NoSuchFileException(id, null, "the layer store has no layer " + id);
    }
    BorrowedLayer borrowed = cache.borrow(chain, this::fetch);
    boolean sound = false;
    try {
      requireChain(borrowed.file(), chain);
      sound = true;
      return borrowed;
    } finally {
      if (!sound) {
        borrowed.close();
      }
    }
  }

  private void fetch(Layer layer, Path target) throws IOException, InterruptedException {
    String sha256 = objects.read(object(layer), layer.bytes(), target);
    if (!sha256.equals(layer.sha256())) {
      throw new ChangedObjectException(
          "The layer %s was changed in the store %s: the SHA-256 of %s is %s, not %s. Restore the object from a backup, or import the image again."
              .formatted(layer.id(), objects.location(), object(layer), sha256, layer.sha256()));
    }
  }

  /** The headers must name the registry's files, because programs see only those. */
  private static void requireChain(Path file, List<Layer> chain) throws IOException {
    List<String> expected = chain.stream().map(layer -> layer.id() + FinishedLayer.ENDING).toList();
    List<String> found =
        DiskChain.of(file).stream().map(each -> each.getFileName().toString()).toList();
    if (!found.equals(expected)) {
      throw new IOException(
          "the layer %s stands on %s, but the registry has %s".formatted(file, found, expected));
    }
  }

  @Override
  public Layer publish(String id, int attempt, Path finished, Optional<String> base)
      throws IOException, ProgramException, InterruptedException {
    if (base.isPresent()) {
      if (index.chain(base.get()).isEmpty()) {
        throw new NoSuchFileException(
            base.get(), null, "the layer store has no layer " + base.get());
      }
      FinishedLayer.nameBase(finished, base.get());
    }
    Layer layer = FinishedLayer.read(id, attempt, finished, base);
    objects.write(object(layer), finished, layer.sha256());
    adopt(layer, finished);
    return layer;
  }

  /**
   * Keeps a copy. If that fails, the next update fetches one: the layer is in the store already.
   */
  private void adopt(Layer layer, Path finished) {
    try {
      cache.adopt(layer, finished);
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("layer", layer.id())
          .addKeyValue("reason", e.toString())
          .log("a new layer could not be kept in the cache");
    }
  }

  /**
   * Removes only the copy here. The object is left to the garbage collection, as others may read
   * it.
   */
  @Override
  public void delete(String id) throws IOException {
    cache.drop(id);
  }

  @Override
  public void removeLeftovers(Predicate<String> needed) throws IOException {
    for (String id : cache.layers()) {
      if (!needed.test(id)) {
        cache.drop(id);
      }
    }
  }

  @Override
  public List<String> ids() throws IOException, InterruptedException {
    Set<String> ids = new LinkedHashSet<>();
    objects.list(
        FOLDER,
        page ->
            page.stream()
                .map(object -> object.name().substring(FOLDER.length()))
                .map(name -> name.substring(0, Math.max(0, name.indexOf('/'))))
                .forEach(ids::add));
    return List.copyOf(ids);
  }

  @Override
  public boolean verify(Layer layer) throws IOException, InterruptedException {
    try {
      return objects.sha256(object(layer), layer.bytes()).equals(layer.sha256());
    } catch (ChangedObjectException e) {
      return false;
    }
  }
}
