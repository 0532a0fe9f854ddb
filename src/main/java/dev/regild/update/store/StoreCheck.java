package dev.regild.update.store;

import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.files.Parallel;
import dev.regild.image.LayerRecords;
import dev.regild.store.ChangedObjectException;
import dev.regild.store.HalfUpload;
import dev.regild.store.MissingObjectException;
import dev.regild.store.ObjectRecord;
import dev.regild.store.ObjectRecords;
import dev.regild.store.ObjectStore;
import dev.regild.store.StoredObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Compares a store with the registry. */
public final class StoreCheck {
  private static final int PAGE = 500;
  private static final int SIZES_AT_ONCE = 8;

  private final Database database;
  private final ObjectStore objects;

  public StoreCheck(Database database, ObjectStore objects) {
    this.database = database;
    this.objects = objects;
  }

  /** What is wrong with an object. */
  public enum Problem {
    /** The store does not have it. */
    MISSING,
    /** Its content is not what was published. */
    CHANGED,
    /** The registry does not need it; the garbage collection removes it. */
    ORPHANED
  }

  /**
   * What was found.
   *
   * @param object its name
   * @param upload the id of an unfinished upload of the object; empty for the object itself
   * @param detail the problem, for messages
   */
  public record Finding(Problem problem, String object, String upload, String detail) {
    Finding(Problem problem, String object, String detail) {
      this(problem, object, "", detail);
    }
  }

  /**
   * Compares the store with the registry.
   *
   * @param contents whether each object is read and its SHA-256 compared
   */
  public List<Finding> run(boolean contents) throws IOException, InterruptedException {
    List<Finding> findings = new ArrayList<>();
    String last = "";
    for (List<Layer> page = layers(last); !page.isEmpty(); page = layers(last)) {
      last = page.getLast().id();
      compare(page.stream().map(NeededObjects::object).toList(), contents, findings);
    }
    last = "";
    for (List<ObjectRecord> page = others(last); !page.isEmpty(); page = others(last)) {
      last = page.getLast().name();
      compare(page, contents, findings);
    }
    for (String folder : NeededObjects.FOLDERS) {
      objects.list(folder, stored -> findings.addAll(orphans(stored)));
      objects.uploads().list(folder, page -> findings.addAll(abandoned(page)));
    }
    return findings;
  }

  private List<Layer> layers(String after) {
    return database.read(handle -> LayerRecords.after(handle, after, PAGE));
  }

  private List<ObjectRecord> others(String after) {
    return database.read(handle -> ObjectRecords.after(handle, after, PAGE));
  }

  private void compare(List<ObjectRecord> page, boolean contents, List<Finding> findings)
      throws IOException, InterruptedException {
    List<Parallel.Task<Optional<Finding>, IOException>> tasks = new ArrayList<>();
    for (ObjectRecord object : page) {
      tasks.add(() -> (contents ? content(object) : size(object)).filter(_ -> isNeeded(object)));
    }
    // Contents are read several ranges at a time anyway.
    Parallel.run(contents ? 1 : SIZES_AT_ONCE, tasks).forEach(it -> it.ifPresent(findings::add));
  }

  /** A check takes hours, and an object may be deleted meanwhile. */
  private boolean isNeeded(ObjectRecord object) {
    return database
        .read(handle -> NeededObjects.recorded(handle, object.name()))
        .filter(object::equals)
        .isPresent();
  }

  private Optional<Finding> size(ObjectRecord object) throws IOException, InterruptedException {
    Optional<StoredObject> found = objects.find(object.name());
    if (found.isEmpty()) {
      return Optional.of(missing(object));
    }
    return found.get().bytes() == object.bytes()
        ? Optional.empty()
        : Optional.of(
            new Finding(
                Problem.CHANGED,
                object.name(),
                "it has %d bytes instead of %d".formatted(found.get().bytes(), object.bytes())));
  }

  private Optional<Finding> content(ObjectRecord object) throws IOException, InterruptedException {
    try {
      return objects.sha256(object.name(), object.bytes()).equals(object.sha256())
          ? Optional.empty()
          : Optional.of(
              new Finding(Problem.CHANGED, object.name(), "its SHA-256 is not " + object.sha256()));
    } catch (MissingObjectException e) {
      return Optional.of(missing(object));
    } catch (ChangedObjectException e) {
      return Optional.of(
          new Finding(Problem.CHANGED, object.name(), String.valueOf(e.getMessage())));
    }
  }

  private static Finding missing(ObjectRecord object) {
    return new Finding(Problem.MISSING, object.name(), "the store does not have it");
  }

  private List<Finding> orphans(List<StoredObject> page) {
    List<String> names = page.stream().map(StoredObject::name).toList();
    Set<String> needed = needed(names);
    return names.stream()
        .filter(name -> !needed.contains(name))
        .map(name -> new Finding(Problem.ORPHANED, name, "the registry does not need it"))
        .toList();
  }

  /** A bucket keeps the parts of such uploads, and nobody sees them among its objects. */
  private List<Finding> abandoned(List<HalfUpload> page) {
    Set<String> needed = needed(page.stream().map(HalfUpload::name).distinct().toList());
    return page.stream()
        .filter(upload -> !needed.contains(upload.name()))
        .map(upload ->
            new Finding(
                Problem.ORPHANED, upload.name(), upload.id(), "an upload that nobody will finish"))
        .toList();
  }

  private Set<String> needed(List<String> names) {
    return database.inTransaction(handle -> NeededObjects.among(handle, names));
  }
}
