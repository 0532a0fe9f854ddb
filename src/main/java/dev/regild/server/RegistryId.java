package dev.regild.server;

import dev.regild.db.Database;
import dev.regild.files.DurableFiles;
import dev.regild.server.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/**
 * Keeps a PostgreSQL database and its data directory together. A server removes the layers that its
 * database does not know: with another database, all of them.
 */
public final class RegistryId {
  private static final String FILE = "registry-id";

  private final Database database;
  private final Path data;

  RegistryId(Database database, Path data) {
    this.database = database;
    this.data = data;
  }

  /** Whether the registry of a data directory is in PostgreSQL. */
  public static boolean isIn(Path data) {
    return Files.exists(data.resolve(FILE));
  }

  /**
   * Binds a new database to a new data directory, and a new directory to a database whose layers
   * are in a store.
   *
   * @param layersInStore whether this node's layers are in a store, not in the directory
   * @throws ConfigException if one of them belongs to another already
   */
  void require(boolean layersInStore) throws ConfigException, IOException {
    Optional<String> ofData = ofData();
    Optional<String> ofDatabase = database.read(RegistryId::find);
    if (ofDatabase.isEmpty() && isUnused()) {
      // The file first: after a crash in between, the next start takes its id.
      String id = ofData.orElseGet(() -> UUID.randomUUID().toString());
      DurableFiles.write(data.resolve(FILE), id);
      database.useTransaction(handle -> {
        if (find(handle).isEmpty()) {
          handle.execute("INSERT INTO registry (id) VALUES (?)", id);
        }
      });
      ofData = Optional.of(id);
      ofDatabase = database.read(RegistryId::find);
    }
    if (ofData.isEmpty() && ofDatabase.isPresent() && layersInStore && isUnused()) {
      DurableFiles.write(data.resolve(FILE), ofDatabase.get());
      ofData = ofDatabase;
    }
    // Neither has an id: a new database, and a directory of the embedded one.
    if (ofData.isEmpty() || !ofData.equals(ofDatabase)) {
      throw new ConfigException(
          (ofData.isEmpty() && ofDatabase.isPresent() && !layersInStore
                  ? "data is '%s', but the database belongs to another data directory, which has its layers; name that directory, or set store on all nodes"
                  : "data is '%s', which belongs to another database; name the directory of the configured database, or a new directory and a new database")
              .formatted(data));
    }
  }

  /** An empty file, which a crash may leave, counts as none. */
  private Optional<String> ofData() throws IOException {
    Path file = data.resolve(FILE);
    return Files.exists(file)
        ? Optional.of(Files.readString(file).strip()).filter(id -> !id.isEmpty())
        : Optional.empty();
  }

  /**
   * Refuses the embedded database for a data directory whose registry is in PostgreSQL.
   *
   * @throws ConfigException if it is
   */
  static void requireNone(Path data) throws ConfigException {
    if (isIn(data)) {
      throw new ConfigException(
          "data is '%s', whose registry is in PostgreSQL, but database is not set; set database, or name another directory"
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
