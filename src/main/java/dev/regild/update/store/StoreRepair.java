package dev.regild.update.store;

import dev.regild.db.Database;
import dev.regild.files.Sha256;
import dev.regild.store.ContentStore;
import dev.regild.store.ObjectRecord;
import dev.regild.store.ObjectStore;
import dev.regild.update.store.StoreCheck.Finding;
import dev.regild.update.store.StoreCheck.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Writes missing and changed objects again from a node's copies. */
public final class StoreRepair {
  private final Database database;
  private final ObjectStore objects;
  private final Path data;
  private @Nullable LocalCopies contents;

  /**
   * @param data the node's data directory, with its copies
   */
  public StoreRepair(Database database, ObjectStore objects, Path data) {
    this.database = database;
    this.objects = objects;
    this.data = data;
  }

  /**
   * Repairs an object, if this node has a good copy of it.
   *
   * @return whether it was repaired
   */
  public boolean repair(Finding finding) throws IOException, InterruptedException {
    if (finding.problem() == Problem.ORPHANED) {
      return false;
    }
    Optional<ObjectRecord> wanted =
        database.read(handle -> NeededObjects.recorded(handle, finding.object()));
    if (wanted.isEmpty()) {
      return false;
    }
    ObjectRecord object = wanted.get();
    for (Path copy : copies(object)) {
      if (Files.isRegularFile(copy)
          && Files.size(copy) == object.bytes()
          && Sha256.interruptibly(copy).equals(object.sha256())) {
        if (finding.problem() == Problem.CHANGED) {
          // Not deleted first: if this fails, the damaged object may be all that is left.
          objects.replace(object.name(), copy, object.sha256());
        } else {
          objects.write(object.name(), copy, object.sha256());
        }
        return true;
      }
    }
    return false;
  }

  /** Returns where a copy may be: {@code layers/ID/1.qcow2} is {@code ID.qcow2} in the cache. */
  private List<Path> copies(ObjectRecord object) throws IOException, InterruptedException {
    if (object.name().startsWith(ContentStore.FOLDER)) {
      return contents().find(object).stream().toList();
    }
    String[] parts = object.name().split("/", -1);
    String last = parts[parts.length - 1];
    return parts.length == 3 && last.contains(".")
        ? List.of(data.resolve("cache").resolve(parts[1] + last.substring(last.lastIndexOf('.'))))
        : List.of();
  }

  private LocalCopies contents() throws IOException {
    LocalCopies known = contents;
    if (known == null) {
      known =
          LocalCopies.in(
              Stream.of("packages", "snapshots", "channels").map(data::resolve).toList());
      contents = known;
    }
    return known;
  }
}
