package dev.regild.disk.contents;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.files.FileTree;
import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.provider.MethodSource;

/** A partition table or an ext4 is read, or refused by an IOException. */
class DiskContentsFuzzTest {
  private static byte[] ext4 = new byte[0];

  static boolean canMakeExt4() {
    return HostTools.areInstalled("mke2fs");
  }

  static Stream<byte[]> tables() {
    ByteBuffer mbr = ByteBuffer.allocate(2048).order(ByteOrder.LITTLE_ENDIAN);
    mbr.put(450, (byte) 0x83).putInt(454, 1).putInt(458, 1).putShort(510, (short) 0xaa55);
    ByteBuffer gpt = ByteBuffer.allocate(2048).order(ByteOrder.LITTLE_ENDIAN);
    gpt.put(450, (byte) 0xee).putInt(454, 1).putInt(458, 3).putShort(510, (short) 0xaa55);
    gpt.putLong(512, 0x5452415020494645L).putInt(512 + 12, 92).putLong(512 + 24, 1);
    gpt.putLong(512 + 72, 2).putInt(512 + 80, 4).putInt(512 + 84, 128);
    return Stream.of(mbr.array(), gpt.array());
  }

  @MethodSource("tables")
  @FuzzTest(maxDuration = "1m")
  void aTableIsReadOrRefused(byte[] bytes) {
    try {
      var _ = Partitions.read(Ext4Test.bytes(bytes));
    } catch (IOException refused) {
      // As it should be.
    }
  }

  /** Each four bytes change one byte of a good file system: three say where. */
  static Stream<byte[]> changes() {
    return Stream.of(
        new byte[0],
        new byte[] {0, 4, 0x18, 6},
        new byte[] {0, 4, 0x28, 0, 0, 4, 0x29, 0},
        new byte[] {0, 8, 8, -1, 0, 8, 11, 127},
        new byte[] {0, 4, 0x58, 0, 0, 4, 0x59, 127});
  }

  @EnabledIf("canMakeExt4")
  @MethodSource("changes")
  @FuzzTest(maxDuration = "1m")
  void anExt4IsReadOrRefused(byte[] changes) throws Exception {
    byte[] changed = ext4().clone();
    for (int i = 0; i + 3 < changes.length; i += 4) {
      int at =
          ((changes[i] & 0xff) << 16) | ((changes[i + 1] & 0xff) << 8) | (changes[i + 2] & 0xff);
      changed[at % changed.length] = changes[i + 3];
    }
    CRC32C crc = new CRC32C();
    crc.update(changed, 1024, 0x3fc);
    ByteBuffer.wrap(changed)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(1024 + 0x3fc, (int) ~crc.getValue());
    try {
      Ext4 read = Ext4.open(Ext4Test.bytes(changed), 0);
      for (String path : List.of("/etc/link", "/etc/file", "/etc")) {
        if (read.exists(path) && read.isFile(path)) {
          var _ = read.read(path, 1 << 20);
        }
        var _ = read.names(path);
      }
    } catch (IOException refused) {
      // As it should be.
    }
  }

  private static synchronized byte[] ext4() throws Exception {
    if (ext4.length == 0) {
      Path directory = Files.createTempDirectory("regild-fuzz");
      Path etc = Files.createDirectories(directory.resolve("tree/etc"));
      Files.writeString(etc.resolve("file"), "content\n".repeat(2000));
      Files.createSymbolicLink(etc.resolve("link"), Path.of("../etc/file"));
      Path image = directory.resolve("image");
      Program.of("mke2fs", "-q", "-t", "ext4", "-d", directory + "/tree", image.toString(), "2M")
          .run();
      ext4 = Files.readAllBytes(image);
      FileTree.remove(directory);
    }
    return ext4;
  }
}
