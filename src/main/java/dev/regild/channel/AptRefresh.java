package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/** Makes a snapshot of what a channel's repositories hold now, or finds that there is one. */
final class AptRefresh {
  private static final int AT_ONCE = 6;
  static final String SOURCES_LIST = "sources.list";
  static final String UNFINISHED = ".unfinished-";

  private final Transport transport;
  private final Clock clock;
  private final Path snapshots;

  AptRefresh(Transport transport, Clock clock, Path snapshots) {
    this.transport = transport;
    this.clock = clock;
    this.snapshots = snapshots;
  }

  /**
   * What a run came to.
   *
   * @param digest of the snapshot, which is in its place
   * @param validators for the next run
   * @param downloadedFiles indexes that had to come over the network
   * @param downloadedBytes as they came, compressed
   */
  record Outcome(
      String digest,
      Map<String, Validators> validators,
      int downloadedFiles,
      long downloadedBytes) {}

  /**
   * Runs once, and once more if the mirror was caught in the middle of an update.
   *
   * @param current the digest of the channel's snapshot so far, from which unchanged files are
   *     taken
   * @param known validators of the last run
   */
  Outcome run(Channel channel, Optional<String> current, Map<String, Validators> known)
      throws ChannelException, IOException, InterruptedException {
    Optional<Path> kept = current.map(snapshots::resolve).filter(Files::isDirectory);
    try {
      return runOnce(channel, kept, known);
    } catch (HashMismatchException | MissingFileException e) {
      return runOnce(channel, kept, Map.of());
    }
  }

  private Outcome runOnce(Channel channel, Optional<Path> kept, Map<String, Validators> known)
      throws ChannelException, IOException, InterruptedException {
    Map<SuiteLocation, ReleaseFetch.Fetched> releases = fetchReleases(channel, kept, known);
    List<IndexFetch> indexes = indexes(channel, releases);
    String sourcesList = sourcesList(channel);
    SnapshotManifest manifest = manifest(channel, releases, indexes, sourcesList);
    Map<String, Validators> validators = new TreeMap<>();
    releases.values().forEach(fetched -> validators.putAll(fetched.validators()));
    Path directory = snapshots.resolve(manifest.digest());
    if (isThere(directory)) {
      return new Outcome(manifest.digest(), validators, 0, 0);
    }
    Path unfinished = Files.createDirectories(snapshots.resolve(UNFINISHED + UUID.randomUUID()));
    try {
      for (ReleaseFetch.Fetched fetched : releases.values()) {
        for (Map.Entry<String, byte[]> file : fetched.files().entrySet()) {
          Path target = unfinished.resolve(fetched.location().listFile(file.getKey()));
          Files.write(target, file.getValue());
          AtomicFile.sync(target);
        }
      }
      AtomicFile.write(unfinished.resolve(SOURCES_LIST), sourcesList);
      List<Long> downloads = fetchIndexes(indexes, kept, unfinished);
      manifest.write(unfinished);
      AtomicFile.sync(unfinished);
      publish(unfinished, directory);
      return new Outcome(
          manifest.digest(),
          validators,
          downloads.size(),
          downloads.stream().mapToLong(Long::longValue).sum());
    } finally {
      removeDirectory(unfinished);
    }
  }

  /** Marks it as fresh too, so that {@link Channels#prune} leaves it until it is current. */
  private static boolean isThere(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    Files.setLastModifiedTime(directory, FileTime.from(Instant.now()));
    return true;
  }

  private static void publish(Path unfinished, Path directory) throws IOException {
    try {
      AtomicFile.move(unfinished, directory);
    } catch (FileSystemException e) {
      // Another channel with the same content may have been faster.
      if (!isThere(directory)) {
        throw e;
      }
    }
  }

  private Map<SuiteLocation, ReleaseFetch.Fetched> fetchReleases(
      Channel channel, Optional<Path> kept, Map<String, Validators> known)
      throws ChannelException, InterruptedException {
    ReleaseFetch fetch = new ReleaseFetch(transport, clock, kept, known);
    Map<SuiteLocation, Callable<ReleaseFetch.Fetched>> tasks = new LinkedHashMap<>();
    for (AptSource source : channel.sources()) {
      Keyring keyring = Keyring.of(source);
      for (SuiteLocation location : locations(source)) {
        tasks.putIfAbsent(location, () -> fetch.fetch(location, keyring));
      }
    }
    Map<SuiteLocation, ReleaseFetch.Fetched> releases = new LinkedHashMap<>();
    for (ReleaseFetch.Fetched fetched : Parallel.run(AT_ONCE, tasks.values())) {
      releases.put(fetched.location(), fetched);
    }
    return releases;
  }

  private static List<SuiteLocation> locations(AptSource source) {
    return source.uris().stream()
        .flatMap(uri -> source.suites().stream().map(suite -> new SuiteLocation(uri, suite)))
        .toList();
  }

  private static List<IndexFetch> indexes(
      Channel channel, Map<SuiteLocation, ReleaseFetch.Fetched> releases) throws ChannelException {
    Set<IndexFetch> result = new LinkedHashSet<>();
    for (AptSource source : channel.sources()) {
      for (SuiteLocation location : locations(source)) {
        ReleaseFetch.Fetched fetched = releases.get(location);
        if (fetched != null) {
          addIndexes(source, location, fetched.release(), result);
        }
      }
    }
    return List.copyOf(result);
  }

  private static void addIndexes(
      AptSource source, SuiteLocation location, ReleaseFile release, Set<IndexFetch> result)
      throws ChannelException {
    for (String component : source.components()) {
      for (String architecture : source.architectures()) {
        String path = component + "/binary-" + architecture + "/Packages";
        ReleaseFile.Index content = release.indexes().get(path);
        if (content == null) {
          throw new ChannelException(
              location.uriOf("InRelease")
                  + " vouches for no "
                  + path
                  + "; correct components or architectures (it offers the components "
                  + String.join(" ", release.words("components"))
                  + " and the architectures "
                  + String.join(" ", release.words("architectures"))
                  + ")");
        }
        result.add(new IndexFetch(location, release, path, content));
      }
      String path = component + "/binary-all/Packages";
      ReleaseFile.Index content = release.indexes().get(path);
      if (content != null && release.hasIndexForAll()) {
        result.add(new IndexFetch(location, release, path, content));
      }
    }
  }

  /** The one-line form, which names the lists exactly; a guest's apt needs no more. */
  private static String sourcesList(Channel channel) {
    Set<String> lines = new LinkedHashSet<>();
    for (AptSource source : channel.sources()) {
      for (SuiteLocation location : locations(source)) {
        lines.add(
            "deb [arch=%s] %s %s %s\n"
                .formatted(
                    String.join(",", source.architectures()),
                    location.uri(),
                    location.suite(),
                    String.join(" ", source.components())));
      }
    }
    return String.join("", lines);
  }

  private SnapshotManifest manifest(
      Channel channel,
      Map<SuiteLocation, ReleaseFetch.Fetched> releases,
      List<IndexFetch> indexes,
      String sourcesList) {
    Map<String, SnapshotManifest.ListFile> files = new HashMap<>();
    for (ReleaseFetch.Fetched fetched : releases.values()) {
      fetched
          .files()
          .forEach((path, bytes) ->
              put(
                  files,
                  new SnapshotManifest.ListFile(
                      fetched.location().listFile(path),
                      SnapshotManifest.Kind.RELEASE,
                      Sha256.of(bytes),
                      fetched.location().uri(),
                      0)));
    }
    for (IndexFetch index : indexes) {
      put(
          files,
          new SnapshotManifest.ListFile(
              index.listFile(),
              SnapshotManifest.Kind.PACKAGES,
              index.content().sha256(),
              index.location().uri(),
              index.release().priority()));
    }
    put(
        files,
        new SnapshotManifest.ListFile(
            SOURCES_LIST,
            SnapshotManifest.Kind.SOURCES,
            Sha256.of(sourcesList.getBytes(UTF_8)),
            "",
            0));
    return SnapshotManifest.of(
        clock.instant(), channel.architecture(), List.copyOf(files.values()));
  }

  private static void put(
      Map<String, SnapshotManifest.ListFile> files, SnapshotManifest.ListFile file) {
    files.put(file.name(), file);
  }

  private List<Long> fetchIndexes(List<IndexFetch> indexes, Optional<Path> kept, Path target)
      throws ChannelException, IOException, InterruptedException {
    List<Callable<Long>> downloads = new ArrayList<>();
    for (IndexFetch index : indexes) {
      if (kept.isEmpty() || !takeKept(index, kept.get(), target)) {
        downloads.add(() -> index.fetchInto(target, transport));
      }
    }
    return Parallel.run(AT_ONCE, downloads);
  }

  /** An unchanged index is the same file in both snapshots, if the disk didn't damage it. */
  private static boolean takeKept(IndexFetch index, Path kept, Path target) throws IOException {
    Path file = kept.resolve(index.listFile());
    if (!Files.isRegularFile(file)
        || Files.size(file) != index.content().size()
        || !Sha256.of(file).equals(index.content().sha256())) {
      return false;
    }
    Files.createLink(target.resolve(index.listFile()), file);
    return true;
  }

  /** Removes a directory of plain files, if it is there. */
  static void removeDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(directory);
  }
}
