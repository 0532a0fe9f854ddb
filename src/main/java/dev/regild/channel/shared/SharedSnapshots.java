package dev.regild.channel.shared;

import dev.regild.channel.SnapshotManifest;
import dev.regild.db.Database;
import dev.regild.files.DurableFiles;
import dev.regild.files.FileTree;
import dev.regild.files.Parallel;
import dev.regild.files.Sha256;
import dev.regild.store.ContentStore;
import dev.regild.store.ObjectRecord;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** The files of snapshots, as contents of the store and in the node's directory. */
final class SharedSnapshots {
  /** Of a directory that is not complete; ChannelStore removes those that a crash left. */
  private static final String UNFINISHED = ".unfinished-";

  /** Changes when the snapshot's mirrors do; all other files stay. */
  private static final String MANIFEST = SnapshotManifest.FILE;

  private static final int AT_ONCE = 4;

  private final Database database;
  private final ContentStore contents;
  private final Path directory;

  SharedSnapshots(Database database, ContentStore contents, Path directory) {
    this.database = database;
    this.contents = contents;
    this.directory = directory;
  }

  /** Returns the snapshots that are here whole. */
  List<String> here() throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> snapshots = Files.list(directory)) {
      return snapshots.map(path -> path.getFileName().toString()).filter(Sha256::isHex).toList();
    }
  }

  /** Makes the store have the files of a snapshot that was made here. */
  Map<String, ObjectRecord> keep(String digest) throws IOException, InterruptedException {
    Map<String, ObjectRecord> kept =
        new HashMap<>(database.read(handle -> ChannelRows.snapshot(handle, digest)));
    Path snapshot = directory.resolve(digest);
    if (!Files.isDirectory(snapshot)) {
      return kept;
    }
    try (Stream<Path> files = Files.list(snapshot)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = file.getFileName().toString();
        if (!kept.containsKey(name) || name.equals(MANIFEST)) {
          kept.put(name, contents.keep(file));
        }
      }
    }
    return kept;
  }

  /**
   * Makes the files of a snapshot be here.
   *
   * @return false if there is no such snapshot
   */
  boolean bring(String digest) throws IOException, InterruptedException {
    Path target = directory.resolve(digest);
    if (Files.isDirectory(target)) {
      return true;
    }
    Map<String, ObjectRecord> files = database.read(handle -> ChannelRows.snapshot(handle, digest));
    if (files.isEmpty()) {
      return false;
    }
    Path unfinished = Files.createDirectories(directory.resolve(UNFINISHED + UUID.randomUUID()));
    try {
      List<Parallel.Task<Boolean, IOException>> fetches = new ArrayList<>();
      files.forEach((path, object) ->
          fetches.add(() -> {
            Path file = unfinished.resolve(path);
            contents.fetch(object, what(path, digest), file);
            DurableFiles.force(file);
            return true;
          }));
      var _ = Parallel.run(AT_ONCE, fetches);
      DurableFiles.force(unfinished);
      moveIntoPlace(unfinished, target);
      return true;
    } finally {
      FileTree.remove(unfinished);
    }
  }

  private static void moveIntoPlace(Path unfinished, Path target) throws IOException {
    try {
      DurableFiles.move(unfinished, target);
    } catch (FileSystemException e) {
      // Another thread may have been faster.
      if (!Files.isDirectory(target)) {
        throw e;
      }
    }
  }

  /** Takes a manifest that another node has changed. */
  void takeManifest(String digest) throws IOException, InterruptedException {
    ObjectRecord manifest =
        database.read(handle -> ChannelRows.snapshot(handle, digest)).get(MANIFEST);
    Path file = directory.resolve(digest).resolve(MANIFEST);
    if (manifest == null || !Files.exists(file) || Sha256.of(file).equals(manifest.sha256())) {
      return;
    }
    Path fresh = DurableFiles.temporaryBeside(file);
    try {
      contents.fetch(manifest, what(MANIFEST, digest), fresh);
      DurableFiles.force(fresh);
      DurableFiles.move(fresh, file);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private static String what(String path, String digest) {
    return "The file %s of the snapshot %s".formatted(path, digest);
  }
}
