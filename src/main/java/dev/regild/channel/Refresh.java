package dev.regild.channel;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/** Makes a snapshot of what a channel's repositories hold now, or finds that there is one. */
final class Refresh {
  static final int AT_ONCE = 6;
  static final String UNFINISHED = ".unfinished-";

  private final Transport transport;
  private final Clock clock;
  private final Path channels;
  private final Path snapshots;
  private final VerifiedFiles verified;

  /**
   * @param channels where the channels' files are, and their catalogues
   */
  Refresh(Transport transport, Clock clock, Path channels, Path snapshots) {
    this.transport = transport;
    this.clock = clock;
    this.channels = channels;
    this.snapshots = snapshots;
    this.verified = new VerifiedFiles(clock);
  }

  /**
   * What a run came to.
   *
   * @param digest of the snapshot, which is in its place
   * @param validators for the next run
   * @param downloadedFiles indexes that had to come over the network
   * @param downloadedBytes as they came, compressed
   * @param notices what the operator should know of the repositories
   */
  record Outcome(
      String digest,
      Map<String, Validators> validators,
      int downloadedFiles,
      long downloadedBytes,
      List<String> notices) {}

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
    RepositoryContents contents = read(channel, kept, known);
    SnapshotManifest manifest =
        SnapshotManifest.of(clock.instant(), channel.architecture(), contents.listFiles())
            .withMirrors(contents.mirrors());
    Path directory = snapshots.resolve(manifest.digest());
    if (isThere(directory)) {
      keepMirrors(directory, contents.mirrors());
      return new Outcome(manifest.digest(), contents.validators(), 0, 0, contents.notices());
    }
    Path unfinished = Files.createDirectories(snapshots.resolve(UNFINISHED + UUID.randomUUID()));
    try {
      for (RepositoryContents.Document document : contents.documents()) {
        Path target = unfinished.resolve(document.name());
        Files.write(target, document.bytes());
        AtomicFile.sync(target);
      }
      switch (channel.system()) {
        case WINDOWS -> catalogue(channel).linkInto(unfinished);
        case DPKG, RPM -> {} // Packages are fetched when an update asks for them.
      }
      List<Long> downloads = fetchIndexes(contents.indexes(), kept, unfinished);
      manifest.write(unfinished);
      AtomicFile.sync(unfinished);
      publish(unfinished, directory);
      return new Outcome(
          manifest.digest(),
          contents.validators(),
          downloads.size(),
          downloads.stream().mapToLong(Long::longValue).sum(),
          contents.notices());
    } finally {
      removeDirectory(unfinished);
    }
  }

  private RepositoryContents read(
      Channel channel, Optional<Path> kept, Map<String, Validators> known)
      throws ChannelException, IOException, InterruptedException {
    DocumentReader documents = new DocumentReader(transport, kept, known);
    return switch (channel.system()) {
      case DPKG -> new AptRepositories(documents, clock).read(channel);
      case RPM -> new RpmRepositories(documents, clock).read(channel);
      case WINDOWS -> catalogue(channel).contents(verified);
    };
  }

  private Catalogue catalogue(Channel channel) {
    return Catalogue.of(channels, channel);
  }

  /** Marks it as fresh too, so that {@link Channels#prune} leaves it until it is current. */
  private static boolean isThere(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    Files.setLastModifiedTime(directory, FileTime.from(Instant.now()));
    return true;
  }

  /** The same content, but served by others now. */
  private static void keepMirrors(Path directory, Map<String, List<String>> mirrors)
      throws IOException {
    SnapshotManifest manifest = SnapshotManifest.read(directory);
    if (!manifest.mirrors().equals(mirrors)) {
      manifest.withMirrors(mirrors).write(directory);
    }
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

  private List<Long> fetchIndexes(List<IndexFetch> indexes, Optional<Path> kept, Path target)
      throws ChannelException, IOException, InterruptedException {
    FailedServers failed = new FailedServers();
    List<Callable<Long>> downloads = new ArrayList<>();
    for (IndexFetch index : indexes) {
      if (kept.isEmpty() || !takeKept(index, kept.get(), target)) {
        downloads.add(() -> index.fetchInto(target, transport, failed));
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
