package dev.regild.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.machine.Sandbox;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Disks that name a file of the server, a canary, in each way that a format has. The check refuses
 * each; and where it is passed over, qemu-img in its sandbox can't open the canary.
 */
class DiskEscapeTest {
  private static final int DESCRIPTOR = 512;
  private static final int DESCRIPTOR_BYTES = 20 * 512;
  private static final String CONTENT = "a secret of the server ";

  private static final Duration WAIT = Duration.ofMinutes(1);

  @TempDir Path directory;
  private final DiskCheck check = new DiskCheck(1L << 30);
  private Path canary;
  private Path disk;

  @BeforeEach
  void makeCanary() throws Exception {
    Path secrets = Files.createDirectory(directory.resolve("secrets"));
    canary = Files.writeString(secrets.resolve("canary.raw"), CONTENT.repeat(1 << 12));
    disk = directory.resolve("disk");
  }

  @Test
  void aQcow2OnABackingFile() throws Exception {
    MadeDisk.by(
        "create", "-q", "-f", "qcow2", "-F", "raw", "-b", canary.toString(), disk.toString());
    assertRefused(DiskFormat.QCOW2, "needs a backing file, " + canary);
    assertCanaryIsOutOfReach("qcow2");
  }

  @Test
  void aQcow2WithItsDataInAnotherFile() throws Exception {
    MadeDisk.by(
        "create",
        "-q",
        "-f",
        "qcow2",
        "-o",
        "data_file=" + directory.resolve("data") + ",data_file_raw=on",
        disk.toString(),
        "64K");
    // The name in the header is as long as the canary's will be, once that one has moved.
    Path data = directory.resolve("data");
    Files.move(canary, data, StandardCopyOption.REPLACE_EXISTING);
    canary = data;
    assertRefused(DiskFormat.QCOW2, "in another file");
    assertCanaryIsOutOfReach("qcow2");
  }

  @Test
  void aVmdkWithAParent() throws Exception {
    vmdkOnCanary();
    assertRefused(DiskFormat.VMDK, "refers to other files");
    assertCanaryIsOutOfReach("vmdk");
  }

  @Test
  void aVmdkWhoseParentStandsBehindItsDescriptor() throws Exception {
    vmdkOnCanary();
    edit(text -> {
      int hint = text.indexOf("parentFileNameHint");
      String line = text.substring(hint, text.indexOf('\n', hint) + 1);
      return text.replace(line, "") + "\0" + line;
    });
    assertRefused(DiskFormat.VMDK, "refers to other files");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "# a comment: parentFileNameHint=\"%s\"\n",
        "ddb.comment = \"x\"\rparentFileNameHint=\"%s\"\n",
        "ddb.comment = \"parentFileNameHint=\"%s\"\n",
        "PARENTFILENAMEHINT=\"%s\"\n"
      })
  void aVmdkWhoseParentStandsInOtherText(String line) throws Exception {
    vmdk("monolithicSparse");
    edit(text -> text + line.formatted(canary));
    assertRefused(DiskFormat.VMDK, "refers to other files");
  }

  @ParameterizedTest
  @CsvSource({
    "'parentCID=ffffffff', 'parentCID=12345678', refers to other files",
    "'parentCID=ffffffff', '# parentCID=ffffffff', refers to other files",
    "'parentCID=ffffffff', 'x', have exactly one parentCID",
    "'version=1', 'version=1\nparentCID=ffffffff', have exactly one parentCID",
    "'version=1', 'version=1\rx=1', control characters",
    "'monolithicSparse', 'vmfsSparse', refers to other files",
    "'createType', 'x', have exactly one createType"
  })
  void aVmdkThatCanBeReadOtherwise(String text, String instead, String message) throws Exception {
    vmdk("monolithicSparse");
    edit(all -> all.replace(text, instead));
    assertRefused(DiskFormat.VMDK, message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "RW 128 FLAT \"%s\" 0",
        "RW 128 SPARSE \"%s\"",
        "RW 128 VMFS \"%s\"",
        "NOACCESS 128 SPARSE \"own.vmdk\"",
        "RW 128 SPARSE \"own.vmdk\"\nRW 128 FLAT \"%s\" 0"
      })
  void aVmdkWithAnotherExtent(String extent) throws Exception {
    vmdk("monolithicSparse");
    edit(text -> text.replaceAll("(?m)^RW .*$", extent.formatted(canary)));
    assertRefused(DiskFormat.VMDK, "refers to other files");
  }

  @Test
  void aVmdkWhoseDescriptorLiesWhereQemuDoesNotReadIt() throws Exception {
    vmdk("monolithicSparse");
    putLong(28, 100);
    assertRefused(DiskFormat.VMDK, "places the descriptor in sector 100");
  }

  @Test
  void aVmdkThatIsADescriptorOfFlatExtents() throws Exception {
    vmdk("monolithicSparse");
    putLong(12, 0); // QEMU takes the text for a list of files then.
    edit(text ->
        text.replace("monolithicSparse", "monolithicFlat")
            .replaceAll("(?m)^RW .*$", "RW 64 FLAT \"%s\" 0".formatted(canary)));
    assertRefused(DiskFormat.VMDK, "one extent of a vmdk of several files");
    assertCanaryIsOutOfReach("vmdk");
  }

  @Test
  void aStreamWithAFooterIsTakenIfThatTellsTheSame() throws Exception {
    vmdk("streamOptimized");
    addFooter();
    assertThatCode(() -> check.requireSelfContained("111122223333", disk, DiskFormat.VMDK, WAIT))
        .doesNotThrowAnyException();
    putLong(Files.size(disk) - 1024 + 12, 1);
    assertRefused(DiskFormat.VMDK, "its header and its footer give different sizes");
    putLong(Files.size(disk) - 1024, 0);
    assertRefused(DiskFormat.VMDK, "the footer of its vmdk stream is missing");
  }

  /** As vSphere exports every disk; ovftool calls it {@code call-me-stream.vmdk}. */
  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n"})
  void aStreamOfVsphereIsTaken(String lineEnd) throws Exception {
    vmdk("streamOptimized");
    edit(text ->
        text.replaceAll("(?m)^RW (\\d+) .*$", "RDONLY $1 SPARSE \"generated-stream.vmdk\"")
            .replace("\n", lineEnd));
    assertThatCode(() -> check.requireSelfContained("111122223333", disk, DiskFormat.VMDK, WAIT))
        .doesNotThrowAnyException();
  }

  @Test
  void anOverlayWhoseNameWasChangedIsNotOpened() throws Exception {
    Path layers = Files.createDirectory(directory.resolve("layers"));
    Path base = layers.resolve("base.qcow2");
    Path anothers = layers.resolve("othe.qcow2");
    QemuImg.create(base, DiskFormat.QCOW2, 1 << 20);
    QemuImg.create(anothers, DiskFormat.QCOW2, 1 << 20);
    QemuImg.createOverlay(base, disk);
    assertThat(DiskChain.of(disk)).containsExactly(disk, base);
    // A machine that was taken over by its guest can write what it likes into the overlay.
    byte[] bytes = Files.readAllBytes(disk);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    Files.write(
        disk,
        text.replace(base.toString(), anothers.toString()).getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() ->
            QemuImg.convert(
                disk, DiskFormat.QCOW2, directory.resolve("out"), DiskFormat.RAW, done -> {}))
        .isInstanceOf(ProgramException.class)
        .hasMessageContaining("names " + anothers)
        .hasMessageContaining("but it was created on another file");
    assertThat(directory.resolve("out")).doesNotExist();
  }

  private void vmdk(String subformat) throws Exception {
    Path raw = Files.write(directory.resolve("own.raw"), new byte[64 << 10]);
    MadeDisk.of(raw, "vmdk", "subformat=" + subformat, disk);
  }

  private void vmdkOnCanary() throws Exception {
    Path parent = directory.resolve("secrets").resolve("parent.vmdk");
    MadeDisk.by("convert", "-f", "raw", "-O", "vmdk", canary.toString(), parent.toString());
    canary = parent;
    MadeDisk.by(
        "create", "-q", "-f", "vmdk", "-F", "vmdk", "-b", parent.toString(), disk.toString());
  }

  /** Changes the text of the descriptor; what is behind it stays. */
  private void edit(UnaryOperator<String> change) throws Exception {
    byte[] bytes = Files.readAllBytes(disk);
    String window = new String(bytes, DESCRIPTOR, DESCRIPTOR_BYTES, StandardCharsets.ISO_8859_1);
    String changed = change.apply(window.substring(0, window.indexOf('\0')));
    byte[] text = changed.getBytes(StandardCharsets.ISO_8859_1);
    Arrays.fill(bytes, DESCRIPTOR, DESCRIPTOR + DESCRIPTOR_BYTES, (byte) 0);
    System.arraycopy(text, 0, bytes, DESCRIPTOR, text.length);
    Files.write(disk, bytes);
  }

  /** As VMware's tools write a stream: only the footer tells where the directory lies. */
  private void addFooter() throws Exception {
    byte[] header = Arrays.copyOf(Files.readAllBytes(disk), 512);
    putLong(56, -1);
    byte[] marker = new byte[512];
    marker[0] = 1;
    marker[12] = 3;
    Files.write(disk, marker, StandardOpenOption.APPEND);
    Files.write(disk, header, StandardOpenOption.APPEND);
    Files.write(disk, new byte[512], StandardOpenOption.APPEND);
  }

  private void putLong(long at, long value) throws Exception {
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.seek(at);
      file.writeLong(Long.reverseBytes(value));
    }
  }

  private void assertRefused(DiskFormat format, String message) {
    assertThatThrownBy(() -> check.requireSelfContained("111122223333", disk, format, WAIT))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining(message);
  }

  /** Without a sandbox qemu-img gives the canary out; in one it finds no such file. */
  private void assertCanaryIsOutOfReach(String format) throws Exception {
    Path open = Files.createFile(directory.resolve("open.raw"));
    Program convert =
        Program.of(
            "qemu-img", "convert", "-f", format, "-O", "raw", disk.toString(), open.toString());
    convert.run();
    assertThat(Files.readString(open)).contains(CONTENT);
    Files.write(open, new byte[0]);
    assertThatThrownBy(() -> convert.in(Sandbox.reading(disk).writing(open)).run())
        .isInstanceOf(ProgramException.class)
        .hasMessageMatching(
            Pattern.compile(
                ".*" + Pattern.quote(canary.getFileName().toString()) + ".*No such file.*",
                Pattern.DOTALL));
    assertThat(Files.size(open)).isZero();
  }
}
