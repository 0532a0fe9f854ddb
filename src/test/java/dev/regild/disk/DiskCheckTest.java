package dev.regild.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Real disks of all formats, made by qemu-img, then damaged by hand. */
class DiskCheckTest {
  private static final int RAW_BYTES = 8 << 20;

  private static final Duration WAIT = Duration.ofMinutes(1);

  @TempDir Path directory;
  private final DiskCheck check = new DiskCheck(1L << 30);
  private Path raw;

  @BeforeEach
  void makeRawDisk() throws Exception {
    byte[] disk = new byte[RAW_BYTES];
    new Random(1).nextBytes(disk);
    Arrays.fill(disk, 0, 1 << 20, (byte) 0);
    // One Linux partition from 1 MiB to the end.
    disk[446 + 4] = (byte) 0x83;
    disk[446 + 9] = 0x08;
    disk[446 + 13] = 0x38;
    disk[510] = 0x55;
    disk[511] = (byte) 0xaa;
    raw = Files.write(directory.resolve("disk.raw"), disk);
  }

  @ParameterizedTest
  @EnumSource(DiskFormat.class)
  void aWholeDiskIsGood(DiskFormat format) throws Exception {
    Path disk = converted(format);
    assertThat(DiskCheck.detect(disk)).isEqualTo(format);
    assertThatCode(() -> check.requireSelfContained("111122223333", disk, format, WAIT))
        .doesNotThrowAnyException();
    assertThat(QemuImg.info(disk, format).virtualBytes()).isEqualTo(RAW_BYTES);
  }

  @ParameterizedTest
  @CsvSource({
    "qcow2,compat=0.10",
    "qcow2,compression_type=zstd",
    "vmdk,subformat=streamOptimized",
    "vhdx,subformat=fixed"
  })
  void theFormatsVariantsAreGood(String format, String options) throws Exception {
    Path disk = directory.resolve("variant");
    MadeDisk.of(raw, format, options, disk);
    DiskFormat detected = DiskCheck.detect(disk);
    assertThat(detected.qemuName()).isEqualTo(format);
    assertThatCode(() -> check.requireSelfContained("111122223333", disk, detected, WAIT))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @EnumSource(DiskFormat.class)
  void aTruncatedDiskIsRefused(DiskFormat format) throws Exception {
    Path disk = converted(format);
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(file.length() * 2 / 3);
    }
    assertUnfit(disk, format, "truncated");
  }

  @Test
  void aDiskOnABackingFileIsRefusedBeforeQemuOpensIt() throws Exception {
    Path disk = directory.resolve("overlay");
    QemuImg.createOverlay(converted(DiskFormat.QCOW2), disk);
    assertUnfit(disk, DiskFormat.QCOW2, "needs a backing file");
  }

  @Test
  void aDiskWithAnExternalDataFileIsRefused() throws Exception {
    Path disk = directory.resolve("outside.qcow2");
    MadeDisk.by(
        "create",
        "-q",
        "-f",
        "qcow2",
        "-o",
        "data_file=" + directory.resolve("data"),
        disk.toString(),
        "1M");
    assertUnfit(disk, DiskFormat.QCOW2, "in another file");
  }

  @Test
  void anEncryptedDiskIsRefused() throws Exception {
    Path disk = directory.resolve("secret.qcow2");
    MadeDisk.by(
        "create",
        "-q",
        "--object",
        "secret,id=s,data=abc",
        "-f",
        "qcow2",
        "-o",
        // LUKS would measure how fast this machine is, and fail where it is busy.
        "encrypt.format=aes,encrypt.key-secret=s",
        disk.toString(),
        "1M");
    assertUnfit(disk, DiskFormat.QCOW2, "encrypted");
  }

  @Test
  void aDiskMarkedCorruptIsRefused() throws Exception {
    Path disk = converted(DiskFormat.QCOW2);
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.seek(79);
      file.write(2);
    }
    assertUnfit(disk, DiskFormat.QCOW2, "marked corrupt");
  }

  @Test
  void aDiskWithDamagedTablesIsRefused() throws Exception {
    Path disk = converted(DiskFormat.QCOW2);
    long l1 = Qcow2Header.read(disk).l1Offset();
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.seek(l1);
      file.writeLong(0x80000000_7fff0000L);
    }
    assertUnfit(disk, DiskFormat.QCOW2, "damaged");
  }

  @Test
  void aVmdkOfSeveralFilesIsRefused() throws Exception {
    Path disk = directory.resolve("flat.vmdk");
    MadeDisk.of(raw, "vmdk", "subformat=monolithicFlat", disk);
    assertThatThrownBy(() -> DiskCheck.detect(disk))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("descriptor of a vmdk");
  }

  @Test
  void aVmdkWhoseDescriptorNamesAnotherFileIsRefused() throws Exception {
    Path disk = converted(DiskFormat.VMDK);
    byte[] bytes = Files.readAllBytes(disk);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = text.indexOf("RW ");
    String line = text.substring(at, text.indexOf('\n', at));
    String other = "RW 16384 FLAT \"/etc/passwd\" 0";
    byte[] changed =
        text.replace(line, (other + " ".repeat(line.length())).substring(0, line.length()))
            .getBytes(StandardCharsets.ISO_8859_1);
    Files.write(disk, changed);
    assertUnfit(disk, DiskFormat.VMDK, "refers to other files");
  }

  @Test
  void aDifferencingVhdxIsRefused() throws Exception {
    Path disk = converted(DiskFormat.VHDX);
    byte[] bytes = Files.readAllBytes(disk);
    // The file parameters: a block size, then flags, of which bit 1 says that there is a parent.
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int guid = text.indexOf("7g\u00a1\u00ca6\u00faCM");
    int metadata = text.indexOf("metadata");
    int offset = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(guid + 16);
    bytes[metadata + offset + 4] |= 2;
    Files.write(disk, bytes);
    assertUnfit(disk, DiskFormat.VHDX, "needs a backing file");
  }

  @Test
  void aDiskTooLargeIsRefused() throws Exception {
    Path disk = directory.resolve("large.qcow2");
    QemuImg.create(disk, DiskFormat.QCOW2, (1L << 30) + 512);
    assertUnfit(disk, DiskFormat.QCOW2, "and at most 1.0 GiB are taken");
  }

  /** As cloud images without a boot loader come, and disks for machines that boot a kernel file. */
  @ParameterizedTest
  @CsvSource({
    "mke2fs -qF -text4 %s 8M, 8388608",
    "mke2fs -qF -text2 -b1024 %s 8M, 8388608",
    "mkfs.xfs -qf -dname=%s, 314572800",
    "mkfs.btrfs -qf %s, 314572800",
  })
  void aFileSystemWithoutAPartitionTableIsARawDisk(String command, long bytes) throws Exception {
    Path disk = directory.resolve("bare");
    List<String> words = List.of(command.formatted(disk).split(" ", -1));
    assumeThat(HostTools.areInstalled(words.getFirst())).isTrue();
    sparse(disk, bytes);
    var _ = Program.of(words).run();
    assertThat(DiskCheck.detect(disk)).isEqualTo(DiskFormat.RAW);
    assertThatCode(() -> check.requireSelfContained("111122223333", disk, DiskFormat.RAW, WAIT))
        .doesNotThrowAnyException();
    sparse(disk, bytes / 2);
    assertUnfit(disk, DiskFormat.RAW, "truncated: what is on it ends at " + bytes);
  }

  @Test
  void aPhysicalVolumeOfLvmIsARawDisk() throws Exception {
    byte[] disk = startingWith("");
    System.arraycopy("LABELONE".getBytes(StandardCharsets.US_ASCII), 0, disk, 512, 8);
    System.arraycopy("LVM2 001".getBytes(StandardCharsets.US_ASCII), 0, disk, 512 + 24, 8);
    Path file = Files.write(directory.resolve("file"), disk);
    assertThat(DiskCheck.detect(file)).isEqualTo(DiskFormat.RAW);
  }

  @Test
  void aTruncatedDiskOfLargeSectorsIsRefused() throws Exception {
    Path disk = directory.resolve("large-sectors");
    ByteBuffer gpt = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    gpt.put(450, (byte) 0xee).putShort(510, (short) 0xaa55);
    gpt.put(4096, "EFI PART".getBytes(StandardCharsets.US_ASCII)).putLong(4096 + 72, 2);
    gpt.putInt(4096 + 80, 4).putInt(4096 + 84, 128).putLong(8192, 7).putLong(8192 + 40, 511);
    Files.write(disk, gpt.array());
    assertThat(DiskCheck.detect(disk)).isEqualTo(DiskFormat.RAW);
    assertUnfit(disk, DiskFormat.RAW, "truncated: what is on it ends at 2097152");
  }

  private static void sparse(Path file, long bytes) throws Exception {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(bytes);
    }
  }

  @Test
  void whatIsNoDiskIsNamed() throws Exception {
    assertNoDisk(new byte[0], "is empty");
    assertNoDisk(new byte[] {1, 2, 3}, "too small");
    assertNoDisk(new byte[1 << 20], "is not qcow2, vmdk or vhdx");
    assertNoDisk(startingWith("\u001f\u008b\b"), "gzip");
    assertNoDisk(startingWith("PK\u0003\u0004"), "zip archive");
    byte[] cd = startingWith("");
    System.arraycopy("CD001".getBytes(StandardCharsets.US_ASCII), 0, cd, 32769, 5);
    cd[510] = 0x55;
    cd[511] = (byte) 0xaa;
    assertNoDisk(cd, "CD image");
  }

  private static byte[] startingWith(String text) {
    byte[] bytes = new byte[1 << 20];
    byte[] start = text.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(start, 0, bytes, 0, start.length);
    return bytes;
  }

  private void assertNoDisk(byte[] content, String message) throws Exception {
    Path file = Files.write(directory.resolve("file"), content);
    assertThatThrownBy(() -> DiskCheck.detect(file))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining(message);
  }

  private void assertUnfit(Path disk, DiskFormat format, String message) {
    assertThatThrownBy(() -> check.requireSelfContained("111122223333", disk, format, WAIT))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining(message);
  }

  private Path converted(DiskFormat format) throws Exception {
    Path disk = directory.resolve("converted." + format.qemuName());
    QemuImg.convert(raw, DiskFormat.RAW, disk, format, done -> {});
    return disk;
  }
}
