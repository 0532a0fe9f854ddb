package dev.regild.account;

import dev.regild.db.Database;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * A text in the database that only its own master key opens. So a node with another key finds that
 * out at its start, and not at the first request whose secret it can't read.
 */
public final class MasterKeyProof {
  private static final String NAME = "master-key-proof";
  private static final String TEXT = "the master key of this registry";

  private MasterKeyProof() {}

  /**
   * Compares the master key with that of the database; the first one becomes the database's.
   *
   * @throws WrongMasterKeyException if the database has another one
   */
  public static void require(Database database, MasterKey masterKey) {
    database.useTransaction(handle -> {
      Optional<byte[]> sealed = sealed(handle);
      if (sealed.isEmpty()) {
        requireOlderSecret(handle, masterKey);
        handle
            .createUpdate("INSERT INTO master_key_proof (sealed) VALUES (:sealed)")
            .bind("sealed", masterKey.seal(NAME, TEXT))
            .execute();
      } else {
        open(masterKey, NAME, sealed.get());
      }
    });
  }

  /** Whether the secrets of a database were encrypted with this master key; changes nothing. */
  public static boolean isOf(Handle handle, MasterKey masterKey) {
    try {
      Optional<byte[]> sealed = sealed(handle);
      if (sealed.isPresent()) {
        var _ = open(masterKey, NAME, sealed.get());
      } else {
        requireOlderSecret(handle, masterKey);
      }
      return true;
    } catch (WrongMasterKeyException e) {
      return false;
    }
  }

  /** Whether the database has secrets that some master key encrypted. */
  public static boolean isIn(Database database) {
    return database.read(handle ->
        sealed(handle).isPresent()
            || handle.createQuery("SELECT COUNT(*) FROM access_key").mapTo(Integer.class).one()
                > 0);
  }

  private static Optional<byte[]> sealed(Handle handle) {
    return handle.createQuery("SELECT sealed FROM master_key_proof").mapTo(byte[].class).findOne();
  }

  /** A registry of an earlier version has no proof, but access keys. */
  private static void requireOlderSecret(Handle handle, MasterKey masterKey) {
    handle
        .createQuery("SELECT id, sealed_secret FROM access_key ORDER BY id LIMIT 1")
        .map((row, _) -> open(masterKey, row.getString("id"), row.getBytes("sealed_secret")))
        .findOne();
  }

  private static String open(MasterKey masterKey, String name, byte[] sealed) {
    try {
      return masterKey.open(name, sealed);
    } catch (WrongMasterKeyException e) {
      throw new WrongMasterKeyException(
          "%s is not the master key of this database. Give every node the same key: copy the file master.key from the data directory of another node, or set %s."
              .formatted(masterKey, MasterKey.ENVIRONMENT_VARIABLE),
          e);
    }
  }
}
