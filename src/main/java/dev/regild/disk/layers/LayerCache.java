package dev.regild.disk.layers;

import dev.regild.disk.ByteCount;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.RoomReservations.Reservation;
import dev.regild.files.DurableFiles;
import dev.regild.files.Listing;
import dev.regild.files.PrivateDirectory;
import dev.regild.files.Sha256;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies of layers on this node, up to a limit: {@code <id>.qcow2}, and beside it {@code
 * <id>.sha256}, which is written last and proves that the file is whole and verified. The copies
 * used least recently are removed first; borrowed ones stay. What a killed process left unfinished
 * is removed when the cache is opened.
 */
public final class LayerCache {
  private static final Logger LOG = LoggerFactory.getLogger(LayerCache.class);
  private static final String PROOF = ".sha256";

  private final Path directory;
  private final long mostBytes;
  private final RoomReservations room;

  /** The least recently used copy comes first. Guarded by this object's lock. */
  private final Map<String, Copy> copies = new LinkedHashMap<>(16, 0.75f, true);

  /** A copy that is here or being fetched. */
  private static final class Copy {
    private final String sha256;
    private final long bytes;
    private int readers;
    private boolean here;
    private boolean failed;
    private boolean doomed;

    Copy(String sha256, long bytes) {
      this.sha256 = sha256;
      this.bytes = bytes;
    }
  }

  /** Fetches layers. */
  @FunctionalInterface
  interface Source {
    /**
     * Writes the verified content of the layer.
     *
     * @param target does not exist yet; the cache removes it if this fails
     */
    void fetch(Layer layer, Path target) throws IOException, InterruptedException;
  }

  /**
   * Opens the cache; no other process may use the directory.
   *
   * @param directory created if it is missing; others must not be able to write to its parent
   * @param mostBytes the most that all copies together may take
   */
  public LayerCache(Path directory, long mostBytes, RoomReservations room) throws IOException {
    // A layer has its guest's password hashes.
    Path parent = directory.toAbsolutePath().resolveSibling("");
    this.directory =
        PrivateDirectory.within(parent, String.valueOf(directory.getFileName())).path();
    this.mostBytes = mostBytes;
    this.room = room;
    load();
    synchronized (this) {
      evict(0);
    }
  }

  private void load() throws IOException {
    record Found(String id, Copy copy, Instant used) {}
    List<Found> whole = new ArrayList<>();
    for (String name : Listing.names(directory)) {
      if (!name.endsWith(PROOF)) {
        continue;
      }
      String id = name.substring(0, name.length() - PROOF.length());
      String sha256 = Files.readString(proof(id)).strip();
      if (Sha256.isHex(sha256) && Files.isRegularFile(file(id))) {
        Copy copy = new Copy(sha256, Files.size(file(id)));
        copy.here = true;
        whole.add(new Found(id, copy, Files.getLastModifiedTime(proof(id)).toInstant()));
      }
    }
    whole.sort(Comparator.comparing(Found::used));
    whole.forEach(found -> copies.put(found.id(), found.copy()));
    for (String name : Listing.names(directory)) {
      String id = name.replaceFirst("\\.[a-z0-9]+$", "");
      if (!copies.containsKey(id) || name.startsWith(".")) {
        Files.deleteIfExists(directory.resolve(name));
        LOG.atInfo().addKeyValue("file", name).log("unfinished copy of a layer removed");
      }
    }
  }

  /**
   * Lends a chain of layers. Fetches the missing ones, each once, even for several callers.
   *
   * @param chain starts with the top layer
   * @throws IOException if a layer can't be fetched, or does not fit beside the borrowed ones
   */
  BorrowedLayer borrow(List<Layer> chain, Source source) throws IOException, InterruptedException {
    List<Layer> lent = new ArrayList<>();
    boolean done = false;
    try {
      for (Layer layer : chain.reversed()) {
        lend(layer, source);
        lent.add(layer);
      }
      done = true;
      return new BorrowedLayer(file(chain.getFirst().id()), () -> giveBack(lent));
    } finally {
      if (!done) {
        giveBack(lent);
      }
    }
  }

  private void giveBack(List<Layer> lent) {
    lent.forEach(layer -> giveBack(layer.id()));
  }

  private void lend(Layer layer, Source source) throws IOException, InterruptedException {
    while (!lendHere(layer)) {
      Copy coming = expect(layer);
      if (coming != null) {
        bring(layer, coming, source);
        return;
      }
    }
  }

  /** Returns whether the layer is here; waits for one that is being fetched. */
  private synchronized boolean lendHere(Layer layer) throws IOException, InterruptedException {
    Copy copy = copies.get(layer.id());
    while (copy != null && !copy.here && !copy.failed) {
      wait();
      copy = copies.get(layer.id());
    }
    if (copy == null || copy.failed) {
      return false;
    }
    if (copy.doomed || !copy.sha256.equals(layer.sha256()) || !isWhole(layer)) {
      if (copy.readers > 0) {
        throw new IOException("the layer %s is being replaced".formatted(layer.id()));
      }
      remove(layer.id());
      return false;
    }
    Files.setLastModifiedTime(proof(layer.id()), FileTime.from(Instant.now()));
    copy.readers++;
    return true;
  }

  private boolean isWhole(Layer layer) {
    try {
      return Files.size(file(layer.id())) == layer.bytes() && Files.exists(proof(layer.id()));
    } catch (IOException e) {
      return false;
    }
  }

  /** Makes the caller the one who fetches the layer; null if another one has started meanwhile. */
  private synchronized @Nullable Copy expect(Layer layer) throws IOException {
    if (copies.containsKey(layer.id())) {
      return null;
    }
    if (!evict(layer.bytes())) {
      throw new IOException(
          "The layer %s (%s) does not fit in node.cache (%s) beside the layers that are in use. Raise node.cache."
              .formatted(layer.id(), ByteCount.text(layer.bytes()), ByteCount.text(mostBytes)));
    }
    Copy copy = new Copy(layer.sha256(), layer.bytes());
    copy.readers = 1;
    copies.put(layer.id(), copy);
    return copy;
  }

  private void bring(Layer layer, Copy copy, Source source)
      throws IOException, InterruptedException {
    Path part = DurableFiles.temporaryBeside(file(layer.id()));
    boolean done = false;
    try (Reservation _ = room.reserve(directory, layer.bytes())) {
      source.fetch(layer, part);
      install(layer, part);
      done = true;
    } finally {
      Files.deleteIfExists(part);
      arrived(layer.id(), copy, done);
    }
  }

  private void install(Layer layer, Path part) throws IOException {
    Files.deleteIfExists(proof(layer.id()));
    Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("r--------"));
    DurableFiles.moveInto(directory, part, layer.id() + FinishedLayer.ENDING);
    DurableFiles.write(proof(layer.id()), layer.sha256());
  }

  private synchronized void arrived(String id, Copy copy, boolean done) {
    copy.here = done;
    copy.failed = !done;
    if (!done) {
      copies.remove(id);
    }
    notifyAll();
  }

  /**
   * Takes a file that has just been published, so that the next update need not fetch it. If it
   * does not fit, it is removed.
   */
  void adopt(Layer layer, Path finished) throws IOException {
    Copy copy = new Copy(layer.sha256(), layer.bytes());
    synchronized (this) {
      Copy before = copies.get(layer.id());
      if ((before != null && before.readers > 0) || layer.bytes() > mostBytes) {
        Files.deleteIfExists(finished);
        return;
      }
      remove(layer.id());
      if (!evict(layer.bytes())) {
        Files.deleteIfExists(finished);
        return;
      }
      copies.put(layer.id(), copy);
    }
    boolean done = false;
    try {
      install(layer, onOurFileSystem(finished));
      done = true;
    } finally {
      Files.deleteIfExists(finished);
      arrived(layer.id(), copy, done);
    }
  }

  /** Moves the file to the cache, which may be on a different disk from the workspaces. */
  private Path onOurFileSystem(Path finished) throws IOException {
    Path part = DurableFiles.temporaryBeside(file("adopted"));
    try {
      return Files.move(finished, part, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      return Files.move(finished, part);
    }
  }

  private synchronized void giveBack(String id) {
    Copy copy = copies.get(id);
    if (copy != null && --copy.readers == 0 && copy.doomed) {
      try {
        remove(id);
      } catch (IOException e) {
        LOG.atWarn()
            .addKeyValue("layer", id)
            .addKeyValue("reason", e.getMessage())
            .log("the copy of a layer could not be removed");
      }
    }
  }

  /** Removes a copy as soon as nobody borrows it. Does nothing if there is none. */
  synchronized void drop(String id) throws IOException {
    Copy copy = copies.get(id);
    if (copy != null && copy.readers > 0) {
      copy.doomed = true;
    } else if (copy != null) {
      remove(id);
    }
  }

  /** Returns the layers that are here or being fetched. */
  synchronized Set<String> ids() {
    return Set.copyOf(copies.keySet());
  }

  /**
   * Makes room for this many bytes. Returns false, and removes nothing, if the borrowed copies
   * leave too little.
   */
  private synchronized boolean evict(long bytes) throws IOException {
    long borrowed =
        copies.values().stream().filter(it -> it.readers > 0).mapToLong(it -> it.bytes).sum();
    if (bytes > mostBytes - borrowed) {
      return false;
    }
    long all = copies.values().stream().mapToLong(it -> it.bytes).sum();
    Iterator<Map.Entry<String, Copy>> oldest = copies.entrySet().iterator();
    while (all > mostBytes - bytes && oldest.hasNext()) {
      Map.Entry<String, Copy> each = oldest.next();
      if (each.getValue().readers == 0 && each.getValue().here) {
        removeFiles(each.getKey());
        oldest.remove();
        all -= each.getValue().bytes;
      }
    }
    return true;
  }

  private void remove(String id) throws IOException {
    copies.remove(id);
    removeFiles(id);
  }

  /** Removes the proof first: a file without it counts as a crash's leftover. */
  private void removeFiles(String id) throws IOException {
    Files.deleteIfExists(proof(id));
    Files.deleteIfExists(file(id));
  }

  private Path file(String id) {
    return directory.resolve(id + FinishedLayer.ENDING);
  }

  private Path proof(String id) {
    return directory.resolve(id + PROOF);
  }
}
