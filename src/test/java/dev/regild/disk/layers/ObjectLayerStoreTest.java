package dev.regild.disk.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.disk.RoomReservations;
import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import dev.regild.store.MemoryS3;
import dev.regild.store.ObjectStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObjectLayerStoreTest {
  @TempDir Path directory;

  @Test
  void aLayerThatTheCacheCannotKeepIsPublishedNevertheless() throws Exception {
    HostTools.assumeInstalled("qemu-img");
    Path finished = directory.resolve("finished.qcow2");
    var _ = Program.of("qemu-img", "create", "-f", "qcow2", finished.toString(), "1M").run();
    NodeCache cache = new NodeCache(directory.resolve("cache"), 1L << 30, new RoomReservations());
    // Where its proof is to be, there is something else.
    Files.createFile(Files.createDirectory(directory.resolve("cache/a.sha256")).resolve("x"));
    try (MemoryS3 server = new MemoryS3();
        ObjectStore objects = server.store()) {
      Layer layer =
          new ObjectLayerStore(objects, cache, _ -> List.of())
              .publish("a", 1, finished, Optional.empty());
      assertThat(objects.find(ObjectLayerStore.object(layer))).isPresent();
    }
  }
}
