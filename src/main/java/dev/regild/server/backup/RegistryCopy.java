package dev.regild.server.backup;

import dev.regild.account.MasterKey;
import dev.regild.account.MasterKeyProof;
import dev.regild.db.PostgresAddress;
import dev.regild.store.ObjectRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * A copy of the database at one moment, and what the registry has at that moment.
 *
 * @param file the copy
 * @param ownKey whether its secrets were encrypted with the given master key
 * @param registry says whose it is, the same each time
 * @param layers the layers
 * @param objects the other objects of a store
 * @param importing the uploaded disks that imports in progress read
 */
record RegistryCopy(
    Path file,
    boolean ownKey,
    String registry,
    List<KeptLayer> layers,
    List<ObjectRecord> objects,
    List<String> importing) {

  /** Makes copies of a registry. */
  interface Source {
    Manifest.DatabaseKind kind();

    /**
     * Keeps off backups that other machines make of it.
     *
     * @throws BackupException if another machine is making one
     */
    BackupLock lock() throws IOException;

    /**
     * Copies the database while servers use it.
     *
     * @param directory where the copy is made; what an earlier call made there may be overwritten
     * @param masterKey that should be the registry's
     */
    RegistryCopy copy(Path directory, MasterKey masterKey) throws IOException, InterruptedException;
  }

  /** A layer that the registry knows. */
  record KeptLayer(String id, int attempt, Content content) {
    /** Its object in a store. */
    String object() {
      return "layers/%s/%d.qcow2".formatted(id, attempt);
    }

    /** Its file in a data directory. */
    String path() {
      return "layers/" + id + ".qcow2";
    }
  }

  static Source source(Path data, Optional<PostgresAddress> postgres) {
    return postgres.isEmpty() ? new SqliteSource(data) : new PostgresSource(postgres.get());
  }

  /** Reads what a copy has, in the transaction that the copy is of. */
  static RegistryCopy read(Handle handle, Path file, MasterKey masterKey) {
    return new RegistryCopy(
        file,
        MasterKeyProof.isOf(handle, masterKey),
        handle
            .createQuery("SELECT id FROM signing_key ORDER BY serial LIMIT 1")
            .mapTo(String.class)
            .findOne()
            .orElseThrow(() ->
                new IllegalStateException("the registry has no signing key: start a server once")),
        handle
            .createQuery("SELECT id, attempt, bytes, sha256 FROM layer ORDER BY id")
            .map((row, _) ->
                new KeptLayer(
                    row.getString("id"),
                    row.getInt("attempt"),
                    new Content(row.getString("sha256"), row.getLong("bytes"))))
            .list(),
        handle
            .createQuery("SELECT name, bytes, sha256 FROM stored_object ORDER BY name")
            .map((row, _) ->
                new ObjectRecord(
                    row.getString("name"), row.getLong("bytes"), row.getString("sha256")))
            .list(),
        handle
            .createQuery("SELECT disk_id FROM image_import WHERE ended = :ended")
            .bind("ended", false)
            .mapTo(String.class)
            .list());
  }
}
