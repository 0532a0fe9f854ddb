package dev.regild.server;

import dev.regild.account.MasterKey;
import dev.regild.db.Database;
import dev.regild.server.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The master key of this node. All nodes of a database need the same one. */
record NodeKeys(Path data, Database database, Role role) {
  /**
   * Loads the master key. Only the first server of a database makes one.
   *
   * @throws ConfigException if this node has none, and the database belongs to one already or the
   *     node is a worker
   */
  MasterKey masterKey() throws ConfigException, IOException {
    if (role == Role.WORKER && !hasAccounts()) {
      throw new ConfigException(
          "database has no registry yet; start regild serve once, then the worker");
    }
    Path file = data.resolve("master.key");
    Optional<String> given = Optional.ofNullable(System.getenv(MasterKey.ENVIRONMENT_VARIABLE));
    if (database.isShared() && given.isEmpty() && Files.notExists(file) && hasAccounts()) {
      throw new ConfigException(
          "data is '%s', which lacks the master key of the registry; copy master.key there from the first server, or set %s"
              .formatted(data, MasterKey.ENVIRONMENT_VARIABLE));
    }
    return MasterKey.load(file, given);
  }

  private boolean hasAccounts() {
    return database.read(handle ->
        handle
            .createQuery("SELECT 1 FROM account LIMIT 1")
            .mapTo(Integer.class)
            .findFirst()
            .isPresent());
  }
}
