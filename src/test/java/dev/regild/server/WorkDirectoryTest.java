package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.server.config.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each node removes what it finds in its work directory: it must be its own. */
class WorkDirectoryTest {
  @TempDir Path directory;

  @Test
  void oneNodeAtATimeHoldsIt() throws Exception {
    Path fast = directory.resolve("fast/disk");
    try (WorkDirectory held = WorkDirectory.open(Optional.of(fast), directory)) {
      assertThat(held.path().toRealPath()).isEqualTo(fast.toRealPath());
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(fast)))
          .isEqualTo("rwx------");
      assertThatThrownBy(() -> WorkDirectory.open(Optional.of(fast), directory))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("node.work is '" + fast + "', but another node is using it");
    }
    WorkDirectory.open(Optional.of(fast), directory).close();
  }

  @Test
  void itIsTheDataDirectoryUnlessItIsNamed() throws Exception {
    try (WorkDirectory work = WorkDirectory.open(Optional.empty(), directory)) {
      assertThat(work.path()).isEqualTo(directory);
    }
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void oneThatCannotBeMadeIsRefused() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    assertThatThrownBy(() -> WorkDirectory.open(Optional.of(file.resolve("work")), directory))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("name a writable directory");
  }
}
