package dev.regild.fetch;

import static java.util.stream.Collectors.toSet;

import dev.regild.db.Database;
import dev.regild.db.DatabaseTime;
import dev.regild.store.ChangedObjectException;
import dev.regild.store.ContentStore;
import dev.regild.store.MissingObjectException;
import dev.regild.store.ObjectRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Packages that nodes share: what one has downloaded, the others take from the store. */
public final class SharedPackages {
  private static final Logger LOG = LoggerFactory.getLogger(SharedPackages.class);

  /** The time of use is not written more often. */
  private static final Duration TOUCH = Duration.ofDays(1);

  private final Database database;
  private final ContentStore contents;

  public SharedPackages(Database database, ContentStore contents) {
    this.database = database;
    this.contents = contents;
  }

  /**
   * Fetches a package. One whose object is missing or changed is forgotten: it can be had again.
   *
   * @param hash of its index
   * @param target does not exist yet
   * @return false if the store does not have it
   */
  boolean fetch(String hash, Path target) throws IOException, InterruptedException {
    Optional<ObjectRecord> content = database.inTransaction(handle -> use(handle, hash));
    if (content.isEmpty()) {
      return false;
    }
    try {
      contents.fetch(content.get(), "The package " + hash, target);
      return true;
    } catch (MissingObjectException | ChangedObjectException e) {
      LOG.atWarn()
          .addKeyValue("package", hash)
          .addKeyValue("reason", e.getMessage())
          .log("a package in the store is damaged; it is downloaded again");
      database.useTransaction(handle -> forget(handle, hash, content.get()));
      return false;
    }
  }

  private static void forget(Handle handle, String hash, ObjectRecord content) {
    handle
        .createUpdate("DELETE FROM package_file WHERE hash = :hash AND object = :object")
        .bind("hash", hash)
        .bind("object", content.name())
        .execute();
    ContentStore.forgetUnused(handle, content);
  }

  private static Optional<ObjectRecord> use(Handle handle, String hash) {
    long now = DatabaseTime.now(handle).toEpochMilli();
    handle
        .createUpdate("UPDATE package_file SET used = :now WHERE hash = :hash AND used < :before")
        .bind("now", now)
        .bind("hash", hash)
        .bind("before", now - TOUCH.toMillis())
        .execute();
    return handle
        .createQuery(
            """
            SELECT name, bytes, sha256
              FROM package_file JOIN stored_object ON stored_object.name = package_file.object
             WHERE hash = :hash
            """)
        .bind("hash", hash)
        .map((row, _) ->
            new ObjectRecord(row.getString("name"), row.getLong("bytes"), row.getString("sha256")))
        .findOne();
  }

  /** Returns the hashes of those packages that the store has. */
  Set<String> known(Set<String> hashes) {
    return database.read(handle ->
        hashes.stream()
            .filter(hash ->
                handle
                    .createQuery("SELECT 1 FROM package_file WHERE hash = :hash")
                    .bind("hash", hash)
                    .mapTo(int.class)
                    .findOne()
                    .isPresent())
            .collect(toSet()));
  }

  /** Makes the store have a package that was downloaded and verified here. */
  void keep(String hash, Path file) throws IOException, InterruptedException {
    ObjectRecord content = contents.keep(file);
    database.useTransaction(handle -> {
      ContentStore.record(handle, content);
      handle
          .createUpdate(
              """
              INSERT INTO package_file (hash, object, used) VALUES (:hash, :object, :now)
              ON CONFLICT (hash) DO NOTHING
              """)
          .bind("hash", hash)
          .bind("object", content.name())
          .bind("now", DatabaseTime.now(handle).toEpochMilli())
          .execute();
    });
  }

  /** Forgets the packages that no update has used since then. */
  void prune(Instant unusedSince) {
    database.useTransaction(handle ->
        handle
            .createUpdate("DELETE FROM package_file WHERE used < :since")
            .bind("since", unusedSince.toEpochMilli())
            .execute());
  }
}
