package dev.regild.server;

import dev.regild.db.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/**
 * Keeps a database of its own and the data directory with its layers together: a server removes the
 * layers that its database does not know, which with another database are all of them.
 */
final class RegistryId {
  private static final String FILE = "registry-id";

  private final Database database;
  private final Path data;

  RegistryId(Database database, Path data) {
    this.database = database;
    this.data = data;
  }

  /**
   * Binds a new database to a new data directory.
   *
   * @throws ConfigException if one of them belongs to another already
   */
  void require() throws ConfigException, IOException {
    Path file = data.resolve(FILE);
    Optional<String> ofData =
        Files.exists(file) ? Optional.of(Files.readString(file).strip()) : Optional.empty();
    Optional<String> ofDatabase = database.read(RegistryId::find);
    if (ofDatabase.isEmpty() && isUnused()) {
      // The file first: after a crash in between, the next start takes its id.
      String id = ofData.orElseGet(() -> UUID.randomUUID().toString());
      Files.writeString(file, id);
      database.useTransaction(handle -> {
        if (find(handle).isEmpty()) {
          handle.execute("INSERT INTO registry (id) VALUES (?)", id);
        }
      });
      ofData = Optional.of(id);
      ofDatabase = database.read(RegistryId::find);
    }
    if (!ofData.equals(ofDatabase)) {
      throw new ConfigException(
          "data is '%s', which holds the layers of another database than the one that database names; name the directory that belongs to it, or a new directory and a new database"
              .formatted(data));
    }
  }

  private static Optional<String> find(Handle handle) {
    return handle.createQuery("SELECT id FROM registry").mapTo(String.class).findOne();
  }

  /** Whether no server has kept anything in the data directory yet. */
  private boolean isUnused() throws IOException {
    if (Files.exists(data.resolve("regild.db"))) {
      return false;
    }
    Path layers = data.resolve("layers");
    if (!Files.isDirectory(layers)) {
      return true;
    }
    try (Stream<Path> files = Files.list(layers)) {
      return files.findAny().isEmpty();
    }
  }
}
