package dev.regild.channel;

import dev.regild.channel.IndexFetch.Fetched;
import dev.regild.channel.SnapshotManifest.ListFile;
import dev.regild.files.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The indexes of a channel's snapshot so far: one that its repository still promises need not come
 * again.
 *
 * @param directory of the snapshot; empty if there is none
 */
record KeptIndexes(Optional<Path> directory, List<ListFile> files) {
  static KeptIndexes of(Optional<Path> snapshot) {
    try {
      return new KeptIndexes(
          snapshot,
          snapshot.isPresent() ? SnapshotManifest.read(snapshot.get()).files() : List.of());
    } catch (IOException e) {
      // A damaged snapshot saves no work.
      return new KeptIndexes(Optional.empty(), List.of());
    }
  }

  /** Returns what the snapshot has of an index, by what its repository's document promises. */
  Optional<Fetched> find(IndexFetch index) {
    for (ListFile each : files) {
      boolean promised =
          index.promise().equals(each.promise()) || index.promise().equals(each.sha256());
      Path file = directory.orElseThrow().resolve(each.name());
      if (each.name().equals(index.listFile()) && promised && Files.isRegularFile(file)) {
        return Optional.of(new Fetched(file.toFile().length(), each.sha256(), 0));
      }
    }
    return Optional.empty();
  }

  /** Makes an unchanged index be the same file in both snapshots, if the disk didn't damage it. */
  Optional<Fetched> linkInto(Path target, IndexFetch index) throws IOException {
    Optional<Fetched> found = find(index);
    if (found.isEmpty()) {
      return found;
    }
    Path file = directory.orElseThrow().resolve(index.listFile());
    if (!Sha256.of(file).equals(found.get().sha256())) {
      return Optional.empty();
    }
    Files.createLink(target.resolve(index.listFile()), file);
    return found;
  }
}
