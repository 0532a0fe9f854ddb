package dev.regild.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.regild.files.FileStamp;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
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
  private final Map<String, SoftReference<Snapshot>> byDigest = new HashMap<>();
  private final ConcurrentMap<Path, Pointed> byPointer = new ConcurrentHashMap<>();

  SnapshotStore(Path directory, PackageSystems systems) {
    this.systems = systems;
    this.directory = directory;
  }

  private record Pointed(FileStamp stamp, String digest, SoftReference<Snapshot> snapshot) {}

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
    Pointed cached = byPointer.get(pointer);
    if (cached != null && cached.stamp().equals(stamp.get())) {
      Snapshot snapshot = cached.snapshot().get();
      if (snapshot != null) {
        return Optional.of(snapshot);
      }
    }
    Optional<String> digest = digestIn(pointer);
    if (digest.isEmpty()) {
      return Optional.empty();
    }
    Snapshot snapshot = load(digest.get());
    byPointer.put(pointer, new Pointed(stamp.get(), digest.get(), new SoftReference<>(snapshot)));
    return Optional.of(snapshot);
  }

  private Snapshot load(Path snapshot) throws IOException {
    SnapshotManifest manifest = SnapshotManifest.read(snapshot);
    return systems.of(manifest).load(snapshot, manifest);
  }

  /** One at a time, so that a snapshot that many ask for is read once. */
  synchronized Snapshot load(String digest) throws IOException {
    SoftReference<Snapshot> reference = byDigest.get(digest);
    Snapshot cached = reference == null ? null : reference.get();
    if (cached != null) {
      return cached;
    }
    byDigest.values().removeIf(each -> each.get() == null);
    Snapshot snapshot = load(directory.resolve(digest));
    byDigest.put(digest, new SoftReference<>(snapshot));
    return snapshot;
  }
}
