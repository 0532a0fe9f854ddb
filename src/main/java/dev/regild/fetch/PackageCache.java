package dev.regild.fetch;

import static java.util.stream.Collectors.toSet;

import dev.regild.files.DurableFiles;
import dev.regild.files.FileDigest;
import dev.regild.files.Parallel;
import dev.regild.store.StoreException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Package files on this machine, named by the hash of their index: {@code ab/abcdef…}. Every file
 * that is handed out was verified in that call.
 */
public final class PackageCache {
  /** Files of this size and above are not begun again from their start. */
  private static final long LARGE = 16 << 20;

  private final Path directory;
  private final Transport transport;
  private final Optional<SharedPackages> shared;
  private final long large;
  private final ConcurrentMap<String, ReentrantLock> inWork = new ConcurrentHashMap<>();

  /**
   * The cache of a data directory.
   *
   * @param data the data directory; {@code packages} is made in it
   */
  public PackageCache(Path data) {
    this(data.resolve("packages"), Transport.in(data));
  }

  public PackageCache(Path directory, Transport transport) {
    this(directory, transport, LARGE);
  }

  /**
   * The cache of a directory.
   *
   * @param large in bytes; a file of this size and above is not begun again from its start
   */
  public PackageCache(Path directory, Transport transport, long large) {
    this(directory, transport, Optional.empty(), large);
  }

  /**
   * The cache of a data directory, in front of packages that nodes share.
   *
   * @param shared what other nodes have downloaded
   */
  public PackageCache(Path data, SharedPackages shared) {
    this(data.resolve("packages"), Transport.in(data), Optional.of(shared), LARGE);
  }

  private PackageCache(
      Path directory, Transport transport, Optional<SharedPackages> shared, long large) {
    this.directory = directory;
    this.transport = transport;
    this.shared = shared;
    this.large = large;
  }

  /** Returns what reaches the servers. */
  public Transport transport() {
    return transport;
  }

  /**
   * How far a fetch is.
   *
   * @param readyFiles verified and in the cache
   * @param totalFiles distinct contents asked for
   * @param readyBytes of the files that are ready and those on their way
   * @param totalBytes of all of them
   * @param downloadedBytes what came over the network in this call; 0 if all was there
   */
  public record Progress(
      int readyFiles, int totalFiles, long readyBytes, long totalBytes, long downloadedBytes) {}

  /**
   * Makes every file be in the cache.
   *
   * @param parallelism how many are downloaded at once
   * @param onProgress called from several threads, one at a time; the last call has all files ready
   * @return the path of each file's content; it must not be changed
   * @throws FetchException if one could not be had in three attempts or isn't what the index
   *     promised; what has come of a large file stays for the next time
   */
  public Map<PackageFile, Path> fetch(
      Collection<PackageFile> files, int parallelism, Consumer<Progress> onProgress)
      throws FetchException, InterruptedException {
    return fetch(files, parallelism, onProgress, (_, _) -> {});
  }

  /**
   * Makes every file be in the cache.
   *
   * @param onReady called once for each distinct content as soon as it is there, from several
   *     threads; what it does delays the next download
   */
  public Map<PackageFile, Path> fetch(
      Collection<PackageFile> files,
      int parallelism,
      Consumer<Progress> onProgress,
      BiConsumer<PackageFile, Path> onReady)
      throws FetchException, InterruptedException {
    Map<String, PackageFile> byContent = new LinkedHashMap<>();
    files.forEach(file -> byContent.putIfAbsent(file.hash(), file));
    Tally tally = new Tally(byContent.values(), onProgress);
    FailedServers failed = new FailedServers();
    List<Parallel.Task<Path, FetchException>> tasks =
        byContent.values().stream()
            .<Parallel.Task<Path, FetchException>>map(file ->
                () -> {
                  Path path = fetchOne(file, tally, failed);
                  onReady.accept(file, path);
                  return path;
                })
            .toList();
    try {
      Parallel.run(parallelism, tasks);
    } catch (StoreException e) {
      throw new FetchException(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new FetchException(
          "the package cache "
              + directory
              + " can't be used ("
              + e
              + "); free some space there, or fix the permissions",
          e);
    }
    tally.report();
    Map<PackageFile, Path> paths = new LinkedHashMap<>();
    files.forEach(file -> paths.put(file, pathOf(file.hash())));
    return paths;
  }

  /**
   * Returns those files that are not here or with the other nodes, and so have to be downloaded.
   */
  public List<PackageFile> absent(Collection<PackageFile> files) throws IOException {
    List<PackageFile> absent = new ArrayList<>();
    for (PackageFile each : files) {
      Path path = pathOf(each.hash());
      if (!Files.isRegularFile(path) || Files.size(path) != each.size()) {
        absent.add(each);
      }
    }
    if (shared.isPresent() && !absent.isEmpty()) {
      Set<String> known =
          shared.get().known(absent.stream().map(PackageFile::hash).collect(toSet()));
      absent.removeIf(each -> known.contains(each.hash()));
    }
    return absent;
  }

  /**
   * Removes every file that was not fetched or handed out since then, and what a crash left.
   *
   * @return the bytes that were freed
   */
  public long prune(Instant unusedSince) throws IOException {
    shared.ifPresent(packages -> packages.prune(unusedSince));
    long freed = 0;
    if (!Files.isDirectory(directory)) {
      return freed;
    }
    Set<Path> old = new HashSet<>();
    try (var all = Files.walk(directory, 2)) {
      for (Path file : (Iterable<Path>) all.filter(Files::isRegularFile)::iterator) {
        if (Files.getLastModifiedTime(file).toInstant().isBefore(unusedSince)) {
          old.add(file);
        }
      }
    }
    for (Path file : old) {
      freed += Files.size(file);
      Files.deleteIfExists(file);
    }
    return freed;
  }

  private Path fetchOne(PackageFile file, Tally tally, FailedServers failed)
      throws FetchException, IOException, InterruptedException {
    // A second caller waits for the first and then finds the content in place.
    ReentrantLock lock = lock(file.hash());
    try {
      Path path = pathOf(file.hash());
      if (isIntact(path, file) || linked(file, path) || isShared(file, path)) {
        tally.reused(file);
      } else {
        download(file, path, tally, failed);
        if (shared.isPresent()) {
          shared.get().keep(file.hash(), path);
        }
        tally.downloaded();
      }
      return path;
    } finally {
      inWork.remove(file.hash(), lock);
      lock.unlock();
    }
  }

  /** One that was waited for may be in nobody's way any more: then a third caller has another. */
  private ReentrantLock lock(String hash) throws InterruptedException {
    while (true) {
      ReentrantLock lock = inWork.computeIfAbsent(hash, _ -> new ReentrantLock());
      lock.lockInterruptibly();
      if (lock.equals(inWork.get(hash))) {
        return lock;
      }
      lock.unlock();
    }
  }

  /**
   * A file of the data directory itself, as a catalogue's snapshot has, gets a second name here:
   * that takes no room. Files are replaced under both, never written to.
   */
  private boolean linked(PackageFile file, Path path) throws IOException {
    Optional<Path> source = file.uris().stream().flatMap(uri -> ours(uri).stream()).findFirst();
    if (source.isEmpty()) {
      return false;
    }
    Files.createDirectories(path.resolveSibling("."));
    Path temporary = DurableFiles.temporaryBeside(path);
    try {
      Files.createLink(temporary, source.get());
      if (isIntact(temporary, file)) {
        DurableFiles.move(temporary, path);
        return true;
      }
      return false;
    } catch (IOException | UnsupportedOperationException e) {
      // Another filesystem, or one without links. What is really wrong, the download will say.
      return false;
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** Takes what another node has downloaded. */
  private boolean isShared(PackageFile file, Path path) throws IOException, InterruptedException {
    if (shared.isEmpty()) {
      return false;
    }
    Files.createDirectories(path.resolveSibling("."));
    Path temporary = DurableFiles.temporaryBeside(path);
    try {
      if (!shared.get().fetch(file.hash(), temporary) || !isIntact(temporary, file)) {
        return false;
      }
      DurableFiles.force(temporary);
      DurableFiles.move(temporary, path);
      return true;
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** Others' files are not ours to touch, nor to rely on. */
  private Optional<Path> ours(URI uri) {
    if (!"file".equals(uri.getScheme())) {
      return Optional.empty();
    }
    Path file = Path.of(uri.getPath()).normalize();
    return Optional.of(file)
        .filter(each -> each.startsWith(directory.toAbsolutePath().normalize().resolveSibling("")))
        .filter(each -> Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS));
  }

  private void download(PackageFile file, Path path, Tally tally, FailedServers failed)
      throws IOException, FetchException, InterruptedException {
    Files.createDirectories(path.resolveSibling("."));
    if (file.size() >= large && file.uris().stream().noneMatch(PackageCache::isLocal)) {
      resume(file, path, tally, failed);
      return;
    }
    Path temporary = DurableFiles.temporaryBeside(path);
    try {
      FileDigest digest = new FileDigest(file.size(), file.hash());
      byItsRoutes(
          file,
          (way, places) ->
              way.download(places, temporary, digest, file.size(), tally::received, failed));
      DurableFiles.move(temporary, path);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static boolean isLocal(URI uri) {
    return "file".equals(uri.getScheme());
  }

  /** What has come of a large file stays, and the next update goes on there. */
  private void resume(PackageFile file, Path path, Tally tally, FailedServers failed)
      throws IOException, FetchException, InterruptedException {
    Path partial = path.resolveSibling("." + path.getFileName() + ".partial");
    FileDigest digest = new FileDigest(file.size(), file.hash());
    byItsRoutes(
        file, (way, places) -> way.resume(places, partial, digest, tally::received, failed));
    DurableFiles.move(partial, path);
  }

  /** Gets a file from the first of some places that has it. */
  private interface Getting {
    void from(Transport way, List<URI> places) throws FetchException, InterruptedException;
  }

  private void byItsRoutes(PackageFile file, Getting getting)
      throws FetchException, InterruptedException {
    if (file.others().isEmpty() || file.othersRoute().equals(file.route())) {
      getting.from(by(file.route(), file), file.uris());
      return;
    }
    try {
      getting.from(by(file.route(), file), List.of(file.uri()));
    } catch (FetchException e) {
      if (e.getCause() instanceof LocalFile.UnwritableException) {
        throw e;
      }
      try {
        getting.from(by(file.othersRoute(), file), file.others());
      } catch (FetchException other) {
        throw Transport.noneOf(List.of(e, other));
      }
    }
  }

  private Transport by(Route route, PackageFile file) {
    Transport way = transport.by(route);
    return file.stays() ? way.staying() : way;
  }

  /** A file that was damaged on the disk counts as absent, and the rename replaces it. */
  private static boolean isIntact(Path path, PackageFile file) throws IOException {
    if (!Files.isRegularFile(path)
        || Files.size(path) != file.size()
        || !new FileDigest(file.size(), file.hash()).algorithm().of(path).equals(file.hash())) {
      return false;
    }
    Files.setLastModifiedTime(path, FileTime.from(Instant.now()));
    return true;
  }

  private Path pathOf(String sha256) {
    return directory.resolve(sha256.substring(0, 2)).resolve(sha256);
  }

  /** Counts for the progress. */
  private static final class Tally {
    private final int totalFiles;
    private final long totalBytes;
    private final Consumer<Progress> onProgress;
    private final AtomicLong reusedBytes = new AtomicLong();
    private final AtomicLong downloadedBytes = new AtomicLong();
    private int readyFiles;

    Tally(Collection<PackageFile> files, Consumer<Progress> onProgress) {
      this.totalFiles = files.size();
      this.totalBytes = files.stream().mapToLong(PackageFile::size).sum();
      this.onProgress = onProgress;
    }

    synchronized void reused(PackageFile file) {
      readyFiles++;
      reusedBytes.addAndGet(file.size());
      report();
    }

    synchronized void downloaded() {
      readyFiles++;
      report();
    }

    void received(long bytes) {
      downloadedBytes.addAndGet(bytes);
      report();
    }

    synchronized void report() {
      long downloaded = downloadedBytes.get();
      onProgress.accept(
          new Progress(
              readyFiles, totalFiles, reusedBytes.get() + downloaded, totalBytes, downloaded));
    }
  }
}
