package dev.regild.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.db.Database;
import dev.regild.fixtures.TestDatabases;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Nodes with the same master key and with another one, at one database. */
@ExtendWith(TestDatabases.class)
class MasterKeyProofTest {
  @TempDir Path directory;
  private Database database;

  @BeforeEach
  void open() throws IOException {
    database = TestDatabases.open(directory.resolve("regild.db"));
  }

  @AfterEach
  void close() {
    database.close();
  }

  /** A key that a node is given. */
  private MasterKey key(int seed) throws IOException {
    byte[] bytes = new byte[32];
    bytes[0] = (byte) seed;
    return MasterKey.load(
        directory.resolve("none"), Optional.of(Base64.getEncoder().encodeToString(bytes)));
  }

  private long proofs() {
    return database.read(handle ->
        handle.createQuery("SELECT COUNT(*) FROM master_key_proof").mapTo(Long.class).one());
  }

  @Test
  void theFirstNodesKeyIsThatOfAll() throws IOException {
    assertThat(MasterKeyProof.isIn(database)).isFalse();
    MasterKeyProof.require(database, key(1));
    assertThat(MasterKeyProof.isIn(database)).isTrue();
    MasterKeyProof.require(database, key(1));
    assertThat(proofs()).isOne();
    MasterKey other = key(2);
    assertThatThrownBy(() -> MasterKeyProof.require(database, other))
        .isInstanceOf(WrongMasterKeyException.class)
        .hasMessageContaining("is not the master key of this database")
        .hasMessageContaining("copy the file master.key")
        .hasMessageContaining("REGILD_MASTER_KEY");
    // The node that was refused has changed nothing.
    MasterKeyProof.require(database, key(1));
  }

  @Test
  void theAccessKeysOfAnEarlierVersionProveTheKey() throws IOException {
    Accounts accounts = new Accounts(database, key(1), Clock.systemUTC());
    var _ = accounts.createKey(accounts.create("team"), false);
    database.useTransaction(handle -> handle.execute("DELETE FROM master_key_proof"));
    assertThat(MasterKeyProof.isIn(database)).isTrue();
    MasterKey other = key(2);
    assertThatThrownBy(() -> MasterKeyProof.require(database, other))
        .isInstanceOf(WrongMasterKeyException.class)
        .hasMessageContaining("is not the master key of this database");
    assertThat(proofs()).isZero();
    MasterKeyProof.require(database, key(1));
    assertThat(proofs()).isOne();
  }
}
