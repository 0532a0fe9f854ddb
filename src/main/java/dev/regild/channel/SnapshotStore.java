package dev.regild.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.regild.files.FileStamp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Snapshots in memory: each digest once, given back when memory runs short, and found through a
 * channel's pointer file at the cost of one stat.
 */
final class SnapshotStore {
  private final Path directory;
  private final PackageSystems systems;
  private final Cache<String, Snapshot> byDigest = Caffeine.newBuilder().softValues().build();
  private final ConcurrentMap<Path, Pointed> byPointer = new ConcurrentHashMap<>();

  SnapshotStore(Path directory, PackageSystems systems) {
    this.systems = systems;
    this.directory = directory;
  }

  private record Pointed(FileStamp stamp, String digest) {}

  /** The digest that a pointer file names; empty if there is no such file. */
  static Optional<String> digestIn(Path pointer) throws IOException {
    try {
      return Optional.of(Files.readString(pointer, US_ASCII).strip());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** The snapshot that a pointer file names; empty if there is no such file. */
  Optional<Snapshot> at(Path pointer) throws IOException {
    Optional<FileStamp> stamp = FileStamp.of(pointer);
    if (stamp.isEmpty()) {
      byPointer.remove(pointer);
      return Optional.empty();
    }
    Pointed known = byPointer.get(pointer);
    if (known != null && known.stamp().equals(stamp.get())) {
      return Optional.of(load(known.digest()));
    }
    Optional<String> digest = digestIn(pointer);
    if (digest.isEmpty()) {
      return Optional.empty();
    }
    Snapshot snapshot = load(digest.get());
    byPointer.put(pointer, new Pointed(stamp.get(), digest.get()));
    return Optional.of(snapshot);
  }

  /** Reads a snapshot once, even if many callers ask for it at the same time. */
  Snapshot load(String digest) throws IOException {
    try {
      return byDigest.get(digest, this::read);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private Snapshot read(String digest) {
    try {
      Path snapshot = directory.resolve(digest);
      SnapshotManifest manifest = SnapshotManifest.read(snapshot);
      return systems.of(manifest).load(snapshot, manifest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
