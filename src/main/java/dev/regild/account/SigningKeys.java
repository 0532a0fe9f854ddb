package dev.regild.account;

import dev.regild.db.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The keys that sign statements. The newest signs; the public keys of the others stay, so that what
 * they signed can be verified. Private keys are stored under the master key.
 */
public final class SigningKeys {
  private static final String NEWEST = "SELECT * FROM signing_key ORDER BY serial DESC LIMIT 1";

  private final Database database;
  private final MasterKey masterKey;
  private final Clock clock;

  public SigningKeys(Database database, MasterKey masterKey, Clock clock) {
    this.database = database;
    this.masterKey = masterKey;
    this.clock = clock;
  }

  /**
   * A key that is kept.
   *
   * @param publicKey verifies what it signed
   * @param created when it was made
   * @param current whether it signs now
   */
  public record Kept(PublicSigningKey publicKey, Instant created, boolean current) {}

  /**
   * Makes the first key where there is none yet; of several nodes that start at once, one does.
   *
   * @return the id of the new key; empty if there was one
   * @throws WrongMasterKeyException if the key that signs can't be read with the master key
   */
  public Optional<String> firstStart() {
    // To make one takes a while, which a later start does not wait for.
    Optional<SigningKey> made =
        database.read(SigningKeys::hasAny)
            ? Optional.empty()
            : Optional.of(SigningKey.generate());
    return database.inTransaction(handle -> {
      Optional<String> id =
          made.filter(key -> insert(handle, 1, key) > 0).map(key -> key.publicKey().id());
      var _ = current(handle);
      return id;
    });
  }

  private static boolean hasAny(Handle handle) {
    return handle.createQuery(NEWEST).map((row, _) -> row.getString("id")).findOne().isPresent();
  }

  /**
   * Makes a new key, which signs from now on, also in servers that run.
   *
   * @return its public key
   */
  public PublicSigningKey rotate() {
    SigningKey made = SigningKey.generate();
    database.useTransaction(handle -> {
      int serial =
          handle
              .createQuery("SELECT COALESCE(MAX(serial), 0) + 1 FROM signing_key")
              .mapTo(Integer.class)
              .one();
      if (insert(handle, serial, made) == 0) {
        throw new IllegalStateException(
            "Another rotation has just made a signing key. List the keys, and rotate again if needed.");
      }
    });
    return made.publicKey();
  }

  /**
   * Returns the key that signs.
   *
   * @throws WrongMasterKeyException if it can't be read with the master key
   * @throws IllegalStateException if there is none
   */
  public SigningKey current(Handle handle) {
    return handle
        .createQuery(NEWEST)
        .map((row, _) -> signingKey(row))
        .findOne()
        .orElseThrow(() ->
            new IllegalStateException(
                "There is no signing key. Restart the server, or make one: regild signing-key rotate"));
  }

  /** Returns every key, the one that signs first. */
  public List<Kept> list() {
    return list(database);
  }

  /** The same for who does not have the master key: public keys are no secret. */
  public static List<Kept> list(Database database) {
    return database.read(handle -> {
      int newest =
          handle
              .createQuery("SELECT COALESCE(MAX(serial), 0) FROM signing_key")
              .mapTo(Integer.class)
              .one();
      return handle
          .createQuery("SELECT * FROM signing_key ORDER BY serial DESC")
          .map((row, _) ->
              new Kept(
                  PublicSigningKey.ofDer(row.getBytes("public_key")),
                  Instant.ofEpochMilli(row.getLong("created")),
                  row.getInt("serial") == newest))
          .list();
    });
  }

  private int insert(Handle handle, int serial, SigningKey key) {
    return handle
        .createUpdate(
            """
            INSERT INTO signing_key (serial, id, public_key, sealed_private_key, created)
            VALUES (:serial, :id, :publicKey, :sealed, :now)
            ON CONFLICT (serial) DO NOTHING
            """)
        .bind("serial", serial)
        .bind("id", key.publicKey().id())
        .bind("publicKey", key.publicKey().der())
        .bind("sealed", masterKey.seal(sealedAs(key.publicKey().id()), key.secret()))
        .bind("now", clock.millis())
        .execute();
  }

  private SigningKey signingKey(ResultSet row) throws SQLException {
    String id = row.getString("id");
    try {
      return SigningKey.of(
          PublicSigningKey.ofDer(row.getBytes("public_key")),
          masterKey.open(sealedAs(id), row.getBytes("sealed_private_key")));
    } catch (WrongMasterKeyException e) {
      throw new WrongMasterKeyException(
          "The signing key %s was stored with another master key than the server's. Restore that master key, or make a new signing key: regild signing-key rotate"
              .formatted(id),
          e);
    }
  }

  /** Bound into the sealed key: a private key that was moved to another row does not open. */
  private static String sealedAs(String id) {
    return "signing-key/" + id;
  }
}
