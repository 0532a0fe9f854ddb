package dev.regild.store;

import dev.regild.db.Database;
import dev.regild.files.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Files that are objects once for each content, whoever refers to them: {@code
 * content/<sha256>/<attempt>}. A content stays as long as a row refers to it.
 */
public final class ContentStore {
  /** The beginning of all contents' object names. */
  public static final String FOLDER = "content/";

  /** The condition that no row refers to a content's record, in a statement over the records. */
  public static final String UNUSED =
      """
      name LIKE 'content/%'
        AND NOT EXISTS (SELECT 1 FROM snapshot_file WHERE object = stored_object.name)
        AND NOT EXISTS (SELECT 1 FROM catalogue_file WHERE object = stored_object.name)
        AND NOT EXISTS (SELECT 1 FROM package_file WHERE object = stored_object.name)
      """;

  private final Database database;
  private final ObjectStore objects;

  public ContentStore(Database database, ObjectStore objects) {
    this.database = database;
    this.objects = objects;
  }

  /**
   * Makes the store have a file. To keep it there, hand the answer to {@link #record} in the
   * transaction that refers to it, within the store's grace.
   */
  public ObjectRecord keep(Path file) throws IOException, InterruptedException {
    return keep(file, Sha256.interruptibly(file));
  }

  /**
   * Keeps a file, once however often it comes.
   *
   * @param sha256 of the file
   */
  public ObjectRecord keep(Path file, String sha256) throws IOException, InterruptedException {
    Optional<ObjectRecord> known =
        database.read(handle -> ObjectRecords.withContent(handle, FOLDER, sha256));
    if (known.isPresent()) {
      if (!isThere(known.get())) {
        objects.replace(known.get().name(), file, sha256);
      }
      return known.get();
    }
    // A name that no other node writes: this one's fate does not depend on another's garbage.
    String name = "%s%s/%s".formatted(FOLDER, sha256, UUID.randomUUID());
    objects.write(name, file, sha256);
    return new ObjectRecord(name, Files.size(file), sha256);
  }

  /** A record does not prove that the bucket still has what was written. */
  private boolean isThere(ObjectRecord content) throws IOException, InterruptedException {
    return objects
        .find(content.name())
        .filter(object -> object.bytes() == content.bytes())
        .isPresent();
  }

  /** Records a kept content, unless that was done already. */
  public static void record(Handle handle, ObjectRecord content) {
    if (ObjectRecords.find(handle, content.name()).isEmpty()) {
      ObjectRecords.insert(handle, content);
    }
  }

  /** Forgets a content that is damaged, unless something still refers to it. */
  public static void forgetUnused(Handle handle, ObjectRecord content) {
    handle
        .createUpdate("DELETE FROM stored_object WHERE name = :name AND " + UNUSED)
        .bind("name", content.name())
        .execute();
  }

  /**
   * Fetches a content.
   *
   * @param what it is, for the message: {@code The file Packages of the snapshot 1234}
   * @param target does not exist yet; it is removed if this fails
   * @throws ChangedObjectException if it is not what was kept
   */
  public void fetch(ObjectRecord content, String what, Path target)
      throws IOException, InterruptedException {
    boolean done = false;
    try {
      String sha256 = objects.read(content.name(), content.bytes(), target);
      if (!sha256.equals(content.sha256())) {
        throw new ChangedObjectException(
            "%s was changed in the store %s: the SHA-256 of %s is %s, not %s. Restore the object from a backup, or write it again with: regild store check --repair"
                .formatted(what, objects.location(), content.name(), sha256, content.sha256()));
      }
      done = true;
    } finally {
      if (!done) {
        Files.deleteIfExists(target);
      }
    }
  }
}
