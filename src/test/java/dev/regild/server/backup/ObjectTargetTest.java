package dev.regild.server.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.files.Listing;
import dev.regild.store.MemoryS3;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups in a bucket. */
class ObjectTargetTest {
  @TempDir Path directory;

  @Test
  void whatAKilledBackupLeftInTheDataDirectoryIsRemoved() throws Exception {
    Path data = Files.createDirectory(directory.resolve("data"));
    Files.writeString(data.resolve("master.key"), "");
    // Never closed, as after kill -9.
    try (MemoryS3 s3 = new MemoryS3()) {
      ObjectTarget killed = ObjectTarget.of(s3.store(), data);
      String left =
          Listing.names(data).stream().filter(it -> it.startsWith(".")).findAny().orElseThrow();
      Files.writeString(data.resolve(left).resolve("copy"), "a disk");
      try (ObjectTarget next = ObjectTarget.of(s3.store(), data)) {
        next.removeUnfinished();
        assertThat(data.resolve(left)).doesNotExist();
        assertThat(Listing.names(data)).hasSize(2);
        next.claim("registry");
        assertThat(next.registry()).contains("registry");
      }
      assertThat(Listing.names(data)).containsExactly("master.key");
      killed.close();
    }
  }
}
