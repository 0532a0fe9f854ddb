package dev.regild.server.migration;

import dev.regild.db.Database;
import dev.regild.files.Sha256;
import dev.regild.store.ObjectRecord;
import dev.regild.store.ObjectStore;
import dev.regild.store.StoredObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Writes files of the source as objects, and reads each back. */
final class ObjectCopy {
  private final Database target;
  private final ObjectStore objects;

  ObjectCopy(Database target, ObjectStore objects) {
    this.target = target;
    this.objects = objects;
  }

  /**
   * Writes a file, unless an earlier run has done so.
   *
   * @param what it is, for messages: {@code The layer 1234}
   * @throws MigrationException if the source's file is missing or damaged, or the store returns
   *     another content
   */
  void copy(String what, Path file, ObjectRecord object) throws IOException, InterruptedException {
    if (isVerified(object)) {
      return;
    }
    if (!Files.isRegularFile(file) || Files.size(file) != object.bytes()) {
      throw new MigrationException(
          "%s should be in %s with %d bytes, and is not. Restore it from a backup, or delete its image first."
              .formatted(what, file, object.bytes()));
    }
    if (!isThere(object)) {
      objects.write(object.name(), file, object.sha256());
    }
    if (!objects.sha256(object.name(), object.bytes()).equals(object.sha256())) {
      objects.delete(object.name());
      throw new MigrationException(
          Sha256.interruptibly(file).equals(object.sha256())
              ? "The store returned another content of %s than was written. Check it with: regild doctor --store"
                  .formatted(object.name())
              : "%s in %s is damaged: its SHA-256 is not %s. Restore it from a backup, or delete its image first."
                  .formatted(what, file, object.sha256()));
    }
    target.useTransaction(handle ->
        handle
            .createUpdate(
                "INSERT INTO migrated_object (name) VALUES (:name) ON CONFLICT (name) DO NOTHING")
            .bind("name", object.name())
            .execute());
  }

  private boolean isVerified(ObjectRecord object) throws IOException, InterruptedException {
    boolean known =
        target.read(handle ->
            handle
                    .createQuery("SELECT COUNT(*) FROM migrated_object WHERE name = :name")
                    .bind("name", object.name())
                    .mapTo(Integer.class)
                    .one()
                > 0);
    return known && isThere(object);
  }

  private boolean isThere(ObjectRecord object) throws IOException, InterruptedException {
    Optional<StoredObject> found = objects.find(object.name());
    return found.isPresent()
        && found.get().bytes() == object.bytes()
        && found.get().sha256().equals(Optional.of(object.sha256()));
  }
}
