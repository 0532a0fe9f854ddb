package dev.regild.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileBytesTest {
  @TempDir Path directory;

  /** Headers of disks name places, and multiply them until they are negative. */
  @Test
  void placesThatNoFileHasHoldNothing() throws Exception {
    try (FileChannel disk = FileChannel.open(Files.write(directory.resolve("a"), new byte[10]))) {
      assertThat(FileBytes.at(disk, 8, 4).remaining()).isEqualTo(2);
      for (long offset : List.of(10L, -1L, -512L, Long.MIN_VALUE, Long.MAX_VALUE)) {
        assertThat(FileBytes.at(disk, offset, 4).remaining()).as("at %d", offset).isZero();
      }
    }
  }
}
