package dev.regild.server;

import dev.regild.account.MasterKey;
import dev.regild.account.MasterKeyProof;
import dev.regild.account.WrongMasterKeyException;
import dev.regild.db.Database;
import dev.regild.server.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The master key of a node, which is that of all nodes of a database. */
final class NodeMasterKey {
  private NodeMasterKey() {}

  /**
   * Loads the key. The first node of a database makes it; all others have to be given it.
   *
   * @param shared whether other nodes may use the database
   * @param variable the key, if the process was given one
   * @throws ConfigException if this node has no key, or another one than the database
   */
  static MasterKey load(Path data, Database database, boolean shared, Optional<String> variable)
      throws ConfigException, IOException {
    Path file = data.resolve("master.key");
    if (!shared) {
      return MasterKey.load(file, variable);
    }
    if (variable.isEmpty() && Files.notExists(file) && MasterKeyProof.isIn(database)) {
      throw new ConfigException(
          "%s does not exist, and the database has secrets that another node's master key encrypted. Copy master.key from the data directory of that node, or set %s."
              .formatted(file, MasterKey.ENVIRONMENT_VARIABLE));
    }
    MasterKey masterKey = MasterKey.load(file, variable);
    try {
      MasterKeyProof.require(database, masterKey);
      return masterKey;
    } catch (WrongMasterKeyException e) {
      throw new ConfigException(String.valueOf(e.getMessage()));
    }
  }
}
