package dev.regild.servicing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Real file systems, read by e2fsprogs' debugfs. */
@EnabledIf("canRun")
class HandedDiskTest {
  private static final int MANY = 3000;

  @TempDir Path directory;

  static boolean canRun() {
    return HostTools.areInstalled("bwrap", "mke2fs", "debugfs", "e2fsck");
  }

  @Test
  void holdsTheFilesOfADirectoryAndWhatItsLinksLeadTo() throws Exception {
    Path files = Files.createDirectory(directory.resolve("from"));
    byte[] random = new byte[5 << 20];
    new Random(1).nextBytes(random);
    Path cached = Files.write(directory.resolve("cached"), random);
    Files.createSymbolicLink(files.resolve("a_1%3a2_all.deb"), cached);
    Files.writeString(files.resolve("sources.list"), "deb x\n");
    Files.createSymbolicLink(files.resolve("dangling"), Path.of("gone"));
    Files.createDirectory(files.resolve("deeper"));
    HandedDisk disk = HandedDisk.empty(directory);

    assertThat(disk.fill(files)).isTrue();

    assertThat(check(disk)).contains("clean");
    assertThat(names(disk)).containsExactly("a_1%3a2_all.deb", "sources.list");
    Path copy = directory.resolve("copy");
    debugfs(disk, "dump /files/a_1%3a2_all.deb " + copy);
    assertThat(copy).hasBinaryContent(random);
    assertThat(cached).as("the disk has a copy").hasBinaryContent(random);
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left)
          .as("nothing else is left")
          .containsExactlyInAnyOrder(files, cached, disk.file(), copy);
    }
  }

  @Test
  void hasRoomForManySmallFiles() throws Exception {
    Path files = Files.createDirectory(directory.resolve("from"));
    for (int i = 0; i < MANY; i++) {
      Files.writeString(files.resolve("package-with-a-long-name-" + i + "_1.0_amd64.deb"), "x");
    }
    HandedDisk disk = HandedDisk.empty(directory);
    assertThat(disk.fill(files)).isTrue();
    assertThat(names(disk)).hasSize(MANY);
  }

  @Test
  void staysEmptyForAnEmptyDirectory() throws Exception {
    HandedDisk disk = HandedDisk.empty(directory);
    assertThat(disk.fill(Files.createDirectory(directory.resolve("from")))).isFalse();
    assertThat(Program.of("du", disk.file().toString()).run()).startsWith("0");
  }

  private static String check(HandedDisk disk) throws Exception {
    return Program.of("e2fsck", "-n", disk.file().toString()).run();
  }

  private static Stream<String> names(HandedDisk disk) throws Exception {
    return debugfs(disk, "ls -p /files")
        .lines()
        .filter(line -> line.startsWith("/"))
        .map(line -> line.split("/", -1)[5])
        .filter(name -> !name.startsWith("."))
        .sorted();
  }

  private static String debugfs(HandedDisk disk, String request) throws Exception {
    return Program.of("debugfs", "-R", request, disk.file().toString()).run();
  }
}
