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
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies of the store's layers and disks on this node, up to a limit: {@code <id>.qcow2} or {@code
 * <id>.disk}, and beside it {@code <id>.sha256}, which is written last and proves that the file is
 * whole and verified. The copies used least recently are removed first; borrowed ones stay. What a
 * killed process left unfinished is removed when the cache is opened.
 */
public final class NodeCache {
  private static final Logger LOG = LoggerFactory.getLogger(NodeCache.class);
  private static final String PROOF = ".sha256";

  private final Path directory;
  private final long mostBytes;
  private final RoomReservations room;

  /** The least recently used copy comes first. Guarded by this object's lock. */
  private final Map<String, Copy> copies = new LinkedHashMap<>(16, 0.75f, true);

  /** A copy that is here or being fetched. */
  private static final class Copy {
    private final CachedFile file;
    private int readers;
    private boolean here;
    private boolean failed;
    private boolean doomed;

    Copy(CachedFile file) {
      this.file = file;
    }
  }

  /** Fetches one file. */
  @FunctionalInterface
  public interface Source {
    /**
     * Writes the verified content of the file.
     *
     * @param target does not exist yet; the cache removes it if this fails
     */
    void fetch(Path target) throws IOException, InterruptedException;
  }

  /** Fetches layers. */
  @FunctionalInterface
  interface Layers {
    /** Writes the verified content of the layer, as {@link Source#fetch} does. */
    void fetch(Layer layer, Path target) throws IOException, InterruptedException;
  }

  /**
   * Opens the cache; no other process may use the directory.
   *
   * @param directory created if it is missing; others must not be able to write to its parent
   * @param mostBytes the most that all copies together may take
   */
  public NodeCache(Path directory, long mostBytes, RoomReservations room) throws IOException {
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
      String id = id(name);
      if (name.endsWith(PROOF) || name.startsWith(".") || !Files.exists(proof(id))) {
        continue;
      }
      String sha256 = Files.readString(proof(id)).strip();
      if (Sha256.isHex(sha256) && Files.isRegularFile(directory.resolve(name))) {
        Copy copy = new Copy(new CachedFile(name, sha256, Files.size(directory.resolve(name))));
        copy.here = true;
        whole.add(new Found(id, copy, Files.getLastModifiedTime(proof(id)).toInstant()));
      }
    }
    whole.sort(Comparator.comparing(Found::used));
    whole.forEach(found -> copies.put(found.id(), found.copy()));
    for (String name : Listing.names(directory)) {
      if (!copies.containsKey(id(name)) || name.startsWith(".")) {
        Files.deleteIfExists(directory.resolve(name));
        LOG.atInfo().addKeyValue("file", name).log("unfinished copy removed");
      }
    }
  }

  private static String id(String name) {
    return name.replaceFirst("\\.[a-z0-9]+$", "");
  }

  /**
   * Lends a chain of layers. Fetches the missing ones, each once, even for several callers.
   *
   * @param chain starts with the top layer
   * @throws IOException if a layer can't be fetched, or does not fit beside the borrowed ones
   */
  BorrowedLayer borrow(List<Layer> chain, Layers layers) throws IOException, InterruptedException {
    List<CachedFile> lent = new ArrayList<>();
    boolean done = false;
    try {
      for (Layer layer : chain.reversed()) {
        CachedFile file = CachedFile.of(layer);
        lend(file, target -> layers.fetch(layer, target));
        lent.add(file);
      }
      done = true;
      return new BorrowedLayer(path(lent.getLast()), () -> giveBack(lent));
    } finally {
      if (!done) {
        giveBack(lent);
      }
    }
  }

  /**
   * Lends one file. Fetches it if it is not here, once, even for several callers.
   *
   * @throws IOException if it can't be fetched, or does not fit beside the borrowed ones
   */
  public BorrowedLayer borrow(CachedFile file, Source source)
      throws IOException, InterruptedException {
    lend(file, source);
    return new BorrowedLayer(path(file), () -> giveBack(file.id()));
  }

  private void giveBack(List<CachedFile> lent) {
    lent.forEach(file -> giveBack(file.id()));
  }

  private void lend(CachedFile file, Source source) throws IOException, InterruptedException {
    while (!lendHere(file)) {
      Copy coming = expect(file);
      if (coming != null) {
        bring(coming, source);
        return;
      }
    }
  }

  /** Returns whether the file is here; waits for one that is being fetched. */
  private synchronized boolean lendHere(CachedFile file) throws IOException, InterruptedException {
    Copy copy = copies.get(file.id());
    while (copy != null && !copy.here && !copy.failed) {
      wait();
      copy = copies.get(file.id());
    }
    if (copy == null || copy.failed) {
      return false;
    }
    if (copy.doomed || !copy.file.equals(file) || !isWhole(file)) {
      if (copy.readers > 0) {
        throw new IOException("the copy of %s is being replaced".formatted(file.id()));
      }
      remove(file.id());
      return false;
    }
    Files.setLastModifiedTime(proof(file.id()), FileTime.from(Instant.now()));
    copy.readers++;
    return true;
  }

  private boolean isWhole(CachedFile file) {
    try {
      return Files.size(path(file)) == file.bytes() && Files.exists(proof(file.id()));
    } catch (IOException e) {
      return false;
    }
  }

  /** Makes the caller the one who fetches the file; null if another one has started meanwhile. */
  private synchronized @Nullable Copy expect(CachedFile file) throws IOException {
    if (copies.containsKey(file.id())) {
      return null;
    }
    if (!evict(file.bytes())) {
      throw new IOException(
          "The file %s (%s) does not fit in node.cache (%s) beside the files that are in use. Raise node.cache."
              .formatted(file.id(), ByteCount.text(file.bytes()), ByteCount.text(mostBytes)));
    }
    Copy copy = new Copy(file);
    copy.readers = 1;
    copies.put(file.id(), copy);
    return copy;
  }

  private void bring(Copy copy, Source source) throws IOException, InterruptedException {
    Path part = DurableFiles.temporaryBeside(path(copy.file));
    boolean done = false;
    try (Reservation _ = room.reserve(directory, copy.file.bytes())) {
      source.fetch(part);
      install(copy.file, part);
      done = true;
    } finally {
      Files.deleteIfExists(part);
      arrived(copy, done);
    }
  }

  private void install(CachedFile file, Path part) throws IOException {
    Files.deleteIfExists(proof(file.id()));
    Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("r--------"));
    DurableFiles.moveInto(directory, part, file.name());
    DurableFiles.write(proof(file.id()), file.sha256());
  }

  private synchronized void arrived(Copy copy, boolean done) {
    copy.here = done;
    copy.failed = !done;
    if (!done) {
      copies.remove(copy.file.id());
    }
    notifyAll();
  }

  /**
   * Takes a file that has just been published, so that the next update need not fetch it. If it
   * does not fit, it is removed.
   */
  void adopt(Layer layer, Path finished) throws IOException {
    CachedFile file = CachedFile.of(layer);
    Copy copy = new Copy(file);
    synchronized (this) {
      Copy before = copies.get(file.id());
      if ((before != null && before.readers > 0) || file.bytes() > mostBytes) {
        Files.deleteIfExists(finished);
        return;
      }
      remove(file.id());
      if (!evict(file.bytes())) {
        Files.deleteIfExists(finished);
        return;
      }
      copies.put(file.id(), copy);
    }
    boolean done = false;
    try {
      install(file, onOurFileSystem(finished));
      done = true;
    } finally {
      Files.deleteIfExists(finished);
      arrived(copy, done);
    }
  }

  /** Moves the file to the cache, which may be on a different disk from the workspaces. */
  private Path onOurFileSystem(Path finished) throws IOException {
    Path part = DurableFiles.temporaryBeside(directory.resolve("adopted"));
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
            .addKeyValue("copy", id)
            .addKeyValue("reason", e.getMessage())
            .log("a copy could not be removed");
      }
    }
  }

  /** Removes a copy as soon as nobody borrows it. Does nothing if there is none. */
  public synchronized void drop(String id) throws IOException {
    Copy copy = copies.get(id);
    if (copy != null && copy.readers > 0) {
      copy.doomed = true;
    } else if (copy != null) {
      remove(id);
    }
  }

  /** Returns the layers that are here or being fetched. */
  synchronized Set<String> layers() {
    return copies.values().stream()
        .map(copy -> copy.file)
        .filter(file -> file.name().endsWith(FinishedLayer.ENDING))
        .map(CachedFile::id)
        .collect(Collectors.toSet());
  }

  /**
   * Makes room for this many bytes. Returns false, and removes nothing, if the borrowed copies
   * leave too little.
   */
  private synchronized boolean evict(long bytes) throws IOException {
    long borrowed =
        copies.values().stream()
            .filter(it -> it.readers > 0)
            .mapToLong(it -> it.file.bytes())
            .sum();
    if (bytes > mostBytes - borrowed) {
      return false;
    }
    long all = copies.values().stream().mapToLong(it -> it.file.bytes()).sum();
    Iterator<Map.Entry<String, Copy>> oldest = copies.entrySet().iterator();
    while (all > mostBytes - bytes && oldest.hasNext()) {
      Map.Entry<String, Copy> each = oldest.next();
      if (each.getValue().readers == 0 && each.getValue().here) {
        removeFiles(each.getValue().file);
        oldest.remove();
        all -= each.getValue().file.bytes();
      }
    }
    return true;
  }

  private void remove(String id) throws IOException {
    Copy copy = copies.remove(id);
    if (copy != null) {
      removeFiles(copy.file);
    }
  }

  /** Removes the proof first: a file without it counts as a crash's leftover. */
  private void removeFiles(CachedFile file) throws IOException {
    Files.deleteIfExists(proof(file.id()));
    Files.deleteIfExists(path(file));
  }

  private Path path(CachedFile file) {
    return directory.resolve(file.name());
  }

  private Path proof(String id) {
    return directory.resolve(id + PROOF);
  }
}
