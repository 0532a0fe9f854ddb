package dev.regild.server;

import dev.regild.files.Listing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Layers in a data directory, which a server with a shared store would neither read nor move. */
final class OwnLayers {
  private OwnLayers() {}

  /**
   * Refuses a store for a data directory that has layers.
   *
   * @throws ConfigException if it has
   */
  static void requireNone(Path data) throws ConfigException, IOException {
    Path layers = data.resolve("layers");
    if (Files.isDirectory(layers) && !Listing.names(layers).isEmpty()) {
      throw new ConfigException(
          "store is set, but data is '%s', whose images have their layers in it; remove store, or name a new data directory"
              .formatted(data));
    }
  }
}
