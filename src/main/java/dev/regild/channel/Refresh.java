package dev.regild.channel;

import dev.regild.channel.IndexFetch.Fetched;
import dev.regild.fetch.FailedServers;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.HashMismatchException;
import dev.regild.fetch.MissingFileException;
import dev.regild.fetch.Transport;
import dev.regild.fetch.Validators;
import dev.regild.files.DurableFiles;
import dev.regild.files.FileTree;
import dev.regild.files.Parallel;
import dev.regild.files.VerifiedFiles;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** Makes a snapshot of what a channel's repositories hold now, or finds that there is one. */
public final class Refresh {
  public static final int AT_ONCE = 6;
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
  Outcome run(
      Channel channel,
      Optional<String> current,
      Map<String, Validators> known,
      RefreshOptions options)
      throws ChannelException, FetchException, IOException, InterruptedException {
    Optional<Path> kept = current.map(snapshots::resolve).filter(Files::isDirectory);
    try {
      return runOnce(channel, kept, known, options);
    } catch (HashMismatchException | MissingFileException e) {
      return runOnce(channel, kept, Map.of(), options);
    }
  }

  private Outcome runOnce(
      Channel channel, Optional<Path> kept, Map<String, Validators> known, RefreshOptions options)
      throws ChannelException, FetchException, IOException, InterruptedException {
    RepositoryContents contents = read(channel, kept, known, options);
    KeptIndexes before = KeptIndexes.of(kept);
    Optional<Map<IndexFetch, Fetched>> foretold = foretold(contents.indexes(), before);
    if (foretold.isPresent()) {
      Path directory = snapshots.resolve(manifest(channel, contents, foretold.get()).digest());
      if (isThere(directory)) {
        SnapshotManifest there = keepPlaces(directory, contents);
        return outcome(there, contents, List.of());
      }
    }
    Path unfinished = Files.createDirectories(snapshots.resolve(UNFINISHED + UUID.randomUUID()));
    try {
      List<Fetched> downloads = new ArrayList<>();
      Map<IndexFetch, Fetched> indexes =
          fetchIndexes(contents.indexes(), before, unfinished, downloads);
      for (RepositoryContents.Document document : contents.documents(indexes)) {
        Path target = unfinished.resolve(document.name());
        Files.write(target, document.bytes());
        DurableFiles.force(target);
      }
      SnapshotManifest manifest =
          manifest(channel, contents, indexes)
              .withNotices(contents.completion().complete(unfinished));
      manifest.write(unfinished);
      DurableFiles.force(unfinished);
      moveIntoPlace(unfinished, snapshots.resolve(manifest.digest()));
      return outcome(manifest, contents, downloads);
    } finally {
      FileTree.remove(unfinished);
    }
  }

  private SnapshotManifest manifest(
      Channel channel, RepositoryContents contents, Map<IndexFetch, Fetched> indexes) {
    return SnapshotManifest.of(
            channel.system().name(),
            clock.instant(),
            channel.architecture(),
            contents.listFiles(indexes),
            contents.routes(),
            contents.identity())
        .withMirrors(contents.mirrors());
  }

  /** What every index will be, without a look at it; empty if that can't be said of all. */
  private static Optional<Map<IndexFetch, Fetched>> foretold(
      List<IndexFetch> indexes, KeptIndexes before) throws IOException {
    Map<IndexFetch, Fetched> foretold = new LinkedHashMap<>();
    for (IndexFetch index : indexes) {
      Optional<Fetched> known = index.foretold().or(() -> before.find(index));
      if (known.isEmpty()) {
        return Optional.empty();
      }
      foretold.put(index, known.get());
    }
    return Optional.of(foretold);
  }

  private static Outcome outcome(
      SnapshotManifest manifest, RepositoryContents contents, List<Fetched> downloads) {
    List<String> notices = new ArrayList<>(contents.notices());
    notices.addAll(manifest.notices());
    return new Outcome(
        manifest.digest(),
        contents.validators(),
        downloads.size(),
        downloads.stream().mapToLong(Fetched::downloadedBytes).sum(),
        List.copyOf(notices));
  }

  private RepositoryContents read(
      Channel channel, Optional<Path> kept, Map<String, Validators> known, RefreshOptions options)
      throws ChannelException, FetchException, IOException, InterruptedException {
    DocumentReader documents = new DocumentReader(transport, kept, known);
    return channel
        .system()
        .read(channel, new RefreshTools(documents, clock, channels, verified, transport, options));
  }

  /** Marks it as fresh too, so that {@link ChannelStore#prune} leaves it until it is current. */
  private static boolean isThere(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    Files.setLastModifiedTime(directory, FileTime.from(Instant.now()));
    return true;
  }

  /** The same content, but served by others now. */
  private static SnapshotManifest keepPlaces(Path directory, RepositoryContents contents)
      throws IOException {
    SnapshotManifest manifest = SnapshotManifest.read(directory);
    SnapshotManifest now = manifest.withMirrors(contents.mirrors());
    if (!now.equals(manifest)) {
      now.write(directory);
    }
    return now;
  }

  private static void moveIntoPlace(Path unfinished, Path directory) throws IOException {
    try {
      DurableFiles.move(unfinished, directory);
    } catch (FileSystemException e) {
      // Another channel with the same content may have been faster.
      if (!isThere(directory)) {
        throw e;
      }
    }
  }

  /**
   * Makes every index be in a directory.
   *
   * @param downloads gets what came over the network
   */
  private Map<IndexFetch, Fetched> fetchIndexes(
      List<IndexFetch> indexes, KeptIndexes before, Path target, List<Fetched> downloads)
      throws FetchException, IOException, InterruptedException {
    Map<IndexFetch, Fetched> all = new HashMap<>();
    FailedServers failed = new FailedServers();
    Map<IndexFetch, Parallel.Task<Fetched, FetchException>> tasks = new LinkedHashMap<>();
    for (IndexFetch index : indexes) {
      Optional<Fetched> unchanged = before.linkInto(target, index);
      if (unchanged.isPresent()) {
        all.put(index, unchanged.get());
      } else {
        tasks.put(index, () -> index.fetchInto(target, transport, failed));
      }
    }
    Iterator<Fetched> fetched = Parallel.run(AT_ONCE, tasks.values()).iterator();
    for (IndexFetch index : tasks.keySet()) {
      Fetched each = fetched.next();
      downloads.add(each);
      all.put(index, each);
    }
    // In the channel's order, whichever of them had to come: a snapshot's list depends on it.
    Map<IndexFetch, Fetched> ordered = new LinkedHashMap<>();
    for (IndexFetch index : indexes) {
      ordered.put(index, Objects.requireNonNull(all.get(index)));
    }
    return ordered;
  }
}
