package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.server.config.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnLayersTest {
  @TempDir Path data;

  @Test
  void aStoreIsRefusedForADirectoryThatHasLayers() throws Exception {
    OwnLayers.requireNone(data);
    Path layers = Files.createDirectory(data.resolve("layers"));
    OwnLayers.requireNone(data);
    Files.createFile(layers.resolve("a.qcow2"));
    assertThatThrownBy(() -> OwnLayers.requireNone(data))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("remove store, or name a new data directory");
  }
}
