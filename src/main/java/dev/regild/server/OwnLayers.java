package dev.regild.server;

import dev.regild.files.Listing;
import dev.regild.server.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The layers in a data directory. A server with a store would neither read nor move them. */
final class OwnLayers {
  private OwnLayers() {}

  /**
   * Refuses a store for a data directory that has layers.
   *
   * @throws ConfigException if it has any
   */
  static void requireNone(Path data) throws ConfigException, IOException {
    Path layers = data.resolve("layers");
    if (Files.isDirectory(layers) && !Listing.names(layers).isEmpty()) {
      throw new ConfigException(
          "store is set, but data is '%s', which has layers of its own; remove store, or name a new data directory"
              .formatted(data));
    }
  }
}
