package dev.regild.demo;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.machine.Program;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** util-linux reads the table; it recomputes every checksum. */
class GuidPartitionTableTest {
  private static final long SECTORS = (16L << 20) / 512;

  @TempDir Path directory;

  @Test
  void blkidFindsThePartitionTable() throws Exception {
    Path disk = directory.resolve("disk.raw");
    write(disk);

    String found = Program.of("blkid", "-p", "-o", "export", disk.toString()).run();

    assertThat(found).contains("PTTYPE=gpt");
    assertThat(Files.size(disk)).isEqualTo(SECTORS * 512);
  }

  @Test
  void theBackupHeaderIsTheLastSector() throws Exception {
    Path disk = directory.resolve("disk.raw");
    write(disk);

    byte[] bytes = Files.readAllBytes(disk);

    assertThat(new String(bytes, bytes.length - 512, 8, US_ASCII)).isEqualTo("EFI PART");
  }

  private static void write(Path disk) throws Exception {
    try (FileChannel channel =
        FileChannel.open(disk, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      new GuidPartitionTable(
              SECTORS,
              new GuidPartitionTable.Partition(
                  UUID.fromString("0FC63DAF-8483-4772-8E79-3D69D8477DE4"), "root", 2048, 4095))
          .write(channel);
    }
  }
}
