package dev.regild.disk.contents;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** File systems that mke2fs makes, with what a system's disk has in it. */
@EnabledIf("canRun")
class Ext4Test {
  private static final String UUID = "8f6d1c3b-52e7-4d0a-b1c9-7e40f3a2d5b8";

  @TempDir Path directory;

  static boolean canRun() {
    return HostTools.areInstalled("mke2fs");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1024", "4096"})
  void everyFileIsReadAsItWasWritten(String blockBytes) throws Exception {
    Path tree = Files.createDirectories(directory.resolve("tree"));
    Files.createDirectories(tree.resolve("usr/lib"));
    Files.createDirectories(tree.resolve("etc"));
    Files.writeString(tree.resolve("usr/lib/os-release"), "ID=debian\n");
    Files.createSymbolicLink(tree.resolve("etc/os-release"), Path.of("../usr/lib/os-release"));
    Files.createSymbolicLink(tree.resolve("lib"), Path.of("/usr/lib"));
    Files.createSymbolicLink(tree.resolve("etc/dangling"), Path.of("/gone"));
    Files.createSymbolicLink(tree.resolve("etc/loop"), Path.of("loop"));
    Files.createSymbolicLink(
        tree.resolve("etc/long"), Path.of("/" + "./".repeat(60) + "usr/lib/os-release"));
    byte[] large = new byte[3 << 20];
    new Random(1).nextBytes(large);
    // Half of it is a hole, and what is left lies in several extents.
    Arrays.fill(large, 1 << 20, 2 << 20, (byte) 0);
    Files.write(tree.resolve("large"), large);
    List<String> names = new ArrayList<>();
    Path many = Files.createDirectories(tree.resolve("etc/many"));
    for (int i = 0; i < 400; i++) {
      names.add("a file with a name of some length, number " + i);
      Files.writeString(many.resolve(names.getLast()), "content " + i);
    }

    Ext4 found = Ext4.open(bytes(made("ext4", tree, "-b", blockBytes)), 0);

    assertThat(found.uuid()).isEqualTo(UUID);
    assertThat(found.label()).isEqualTo("root");
    for (String path :
        List.of(
            "/usr/lib/os-release", "/etc/os-release", "/lib/../../etc/os-release", "/etc/long")) {
      assertThat(found.read(path, 100)).as(path).asString(UTF_8).isEqualTo("ID=debian\n");
    }
    assertThat(found.read("/../large", large.length)).isEqualTo(large);
    assertThat(found.read("/etc/many/" + names.get(399), 100)).asString().isEqualTo("content 399");
    assertThat(found.names("/etc/many")).containsExactlyInAnyOrderElementsOf(names);
    assertThat(found.names("/gone")).isEmpty();
    assertThat(found.exists("/etc/dangling")).isTrue();
    assertThat(found.isFile("/etc/dangling")).isFalse();
    assertThat(found.isFile("/lib/os-release")).isTrue();
    assertThat(found.isFile("/lib")).isFalse();
    assertThat(found.exists("/etc/gone")).isFalse();
    assertThat(found.exists("/large/below")).isFalse();
    assertThatThrownBy(() -> found.read("/etc/gone", 100))
        .isInstanceOf(FileNotFoundException.class);
    assertThatThrownBy(() -> found.read("/etc/loop", 100))
        .isInstanceOf(UnusualDiskException.class)
        .hasMessageContaining("too many links");
    assertThatThrownBy(() -> found.read("/large", large.length - 1))
        .isInstanceOf(UnusualDiskException.class)
        .hasMessageContaining("larger");
    assertThatThrownBy(() -> found.read("/etc", 100)).isInstanceOf(UnusualDiskException.class);
  }

  /** As many as an inventory compares, deeper than they are. */
  @Test
  void fourThousandSmallFilesAreWithinTheLimits() throws Exception {
    Path tree = Files.createDirectories(directory.resolve("tree"));
    List<String> paths = new ArrayList<>();
    for (int i = 0; i < 4000; i++) {
      paths.add("/etc/a/%d/%d.conf".formatted(i / 100, i));
      Path file = tree.resolve(paths.getLast().substring(1));
      Files.createDirectories(file.resolveSibling("."));
      Files.writeString(file, "content " + i);
    }
    Ext4 found = Ext4.open(bytes(made("ext4", tree)), 0);

    for (String path : paths) {
      assertThat(found.small(path, 100)).isPresent();
    }
    assertThat(found.small("/etc/a/0/0.conf", 8)).isEmpty();
    assertThat(found.small("/etc/a/0", 100)).isEmpty();
    assertThat(found.small("/etc/gone", 100)).isEmpty();
    assertThat(found.small("/etc/a/0/0.conf", 9).orElseThrow()).asString().isEqualTo("content 0");
  }

  /** Its blocks are never read, but each reading takes as much memory as if they were. */
  @Test
  void theHolesOfAFileCountLikeItsBytes() throws Exception {
    Path tree = Files.createDirectories(directory.resolve("tree"));
    int size = 48 << 20;
    try (FileChannel file =
        FileChannel.open(
            tree.resolve("hole"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      var _ = file.write(ByteBuffer.wrap(new byte[] {1}), size - 1);
    }
    Ext4 found = Ext4.open(bytes(made("ext4", tree)), 0);
    for (int i = 0; i < 10; i++) {
      assertThat(found.read("/hole", size)).hasSize(size);
    }
    assertThatThrownBy(() -> found.read("/hole", size))
        .isInstanceOf(UnusualDiskException.class)
        .hasMessageContaining("too much reading");
  }

  @Test
  void whatIsDamagedOrOfAnotherTypeIsLeftToOthers() throws Exception {
    Path tree = Files.createDirectories(directory.resolve("tree"));
    byte[] ext4 = Files.readAllBytes(made("ext4", tree));
    assertThat(Ext4.isThere(bytes(ext4), 0)).isTrue();
    ext4[1024 + 0x4]++;
    assertThatThrownBy(() -> Ext4.open(bytes(ext4), 0)).hasMessageContaining("checksum");
    assertThatThrownBy(() -> Ext4.open(bytes(made("ext2", tree)), 0))
        .isInstanceOf(UnusualDiskException.class);
    assertThatThrownBy(() -> Ext4.open(bytes(made("ext4", tree, "-O", "inline_data")), 0))
        .isInstanceOf(UnusualDiskException.class)
        .hasMessageContaining("features");
  }

  private Path made(String type, Path tree, String... options) throws Exception {
    Path file = directory.resolve(type + ".raw");
    Files.deleteIfExists(file);
    List<String> command = new ArrayList<>(List.of("mke2fs", "-q", "-F", "-t", type));
    command.addAll(List.of(options));
    command.addAll(List.of("-U", UUID, "-L", "root", "-d", tree.toString()));
    command.addAll(List.of(file.toString(), "16M"));
    var _ = Program.of(command).run();
    return file;
  }

  private static DiskBytes bytes(Path file) throws Exception {
    return bytes(Files.readAllBytes(file));
  }

  static DiskBytes bytes(byte[] disk) {
    return (offset, length) -> {
      if (offset < 0 || length < 0 || offset > disk.length - length) {
        throw new IOException("beyond the end");
      }
      return ByteBuffer.wrap(disk, (int) offset, length).slice().order(ByteOrder.LITTLE_ENDIAN);
    };
  }
}
