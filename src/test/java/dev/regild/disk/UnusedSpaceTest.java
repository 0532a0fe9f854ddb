package dev.regild.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real qcow2 files: a base of four clusters full of 1, of whose second one an overlay holds 2. */
class UnusedSpaceTest {
  private static final int CLUSTER = 64 << 10;
  private static final int DISK = 4 * CLUSTER;

  @TempDir Path directory;
  private Path overlay;
  private byte[] expected;

  @BeforeEach
  void makeDisks() throws Exception {
    assumeThat(HostTools.areInstalled("qemu-img", "qemu-io")).isTrue();
    expected = new byte[DISK];
    Arrays.fill(expected, (byte) 1);
    Path raw = Files.write(directory.resolve("disk.raw"), expected);
    Path base = directory.resolve("base.qcow2");
    QemuImg.convert(raw, DiskFormat.RAW, base, DiskFormat.QCOW2, part -> {});
    overlay = directory.resolve("overlay.qcow2");
    QemuImg.createOverlay(base, overlay);
    var _ =
        Program.of(
                "qemu-io",
                "-c",
                "write -q -P 2 %d %d".formatted(CLUSTER, CLUSTER),
                overlay.toString())
            .run();
    Arrays.fill(expected, CLUSTER, 2 * CLUSTER, (byte) 2);
  }

  @Test
  void whatTheOverlayHoldsBecomesZeroAndNothingElse() throws Exception {
    UnusedSpace.clear(
        overlay, List.of(new DiskPart(CLUSTER + 8192, 4096), new DiskPart(CLUSTER, 1024)));
    Arrays.fill(expected, CLUSTER, CLUSTER + 1024, (byte) 0);
    Arrays.fill(expected, CLUSTER + 8192, CLUSTER + 12288, (byte) 0);
    assertThat(content()).isEqualTo(expected);
  }

  @Test
  void whatTheBaseHoldsStaysAndTheOverlayDoesNotGrow() throws Exception {
    long before = QemuImg.info(overlay, DiskFormat.QCOW2).allocatedBytes();
    UnusedSpace.clear(
        overlay,
        List.of(
            new DiskPart(0, 4096),
            new DiskPart(CLUSTER - 4096, 8192),
            new DiskPart(3 * CLUSTER, 4096)));
    assertThat(content()).isEqualTo(expected);
    assertThat(QemuImg.info(overlay, DiskFormat.QCOW2).allocatedBytes()).isEqualTo(before);
  }

  @Test
  void moreThanFitsOneCommandLineIsCleared() throws Exception {
    int parts = CLUSTER / 1024;
    List<DiskPart> each =
        IntStream.range(0, 150 * parts)
            .mapToObj(n -> new DiskPart(CLUSTER + (n % parts) * 1024L, 1024))
            .toList();
    UnusedSpace.clear(overlay, each);
    Arrays.fill(expected, CLUSTER, 2 * CLUSTER, (byte) 0);
    assertThat(content()).isEqualTo(expected);
  }

  @Test
  void aPartOfNoDiskIsRefused() {
    for (long[] part : new long[][] {{-1, 1}, {0, 0}, {0, -1}, {1, Long.MAX_VALUE}}) {
      assertThatThrownBy(() -> new DiskPart(part[0], part[1]))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private byte[] content() throws Exception {
    Path raw = directory.resolve("content.raw");
    QemuImg.convert(overlay, DiskFormat.QCOW2, raw, DiskFormat.RAW, part -> {});
    return Files.readAllBytes(raw);
  }
}
