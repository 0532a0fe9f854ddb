package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.demo.AgentRepository;
import dev.regild.fixtures.Fixtures;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.servicing.Isolation;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.Image;
import software.amazon.awssdk.services.appstream.model.ImageState;

/** Disks that can't be made images, and those that can, through the same calls that users make. */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class ImportRefusalsIT {
  /** Where the first partition begins, and the size of each. */
  private static final int PARTITION = 16 << 20;

  private static final AtomicInteger NUMBER = new AtomicInteger();

  @TempDir static Path shared;
  @TempDir Path directory;
  private static Path data;
  private static LocalServer server;
  private static AppStreamClient client;

  @BeforeAll
  static void start() throws Exception {
    data = shared.resolve("data");
    AgentRepository agent = Fixtures.agentRepository(shared.resolve("agent"), Fixtures.NEW_AGENT);
    server = LocalServer.start(data, List.of(LocalServer.source(agent)), Isolation.VM);
    client = server.client();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      client.close();
      server.close();
    }
  }

  @AfterEach
  void nothingIsLeftBehind() throws Exception {
    assertThat(server.unfinished()).isEmpty();
    // An image is FAILED before its upload is removed.
    Instant limit = Instant.now().plusSeconds(120);
    while (!list("disks").isEmpty() && Instant.now().isBefore(limit)) {
      Thread.sleep(100);
    }
    assertThat(list("disks")).isEmpty();
  }

  @Test
  void whatIsNoDiskIsRefused() throws Exception {
    Path text = Files.writeString(directory.resolve("notes.txt"), "not a disk ".repeat(10_000));
    assertUploadRefused(text, "the file is not a disk");
  }

  @Test
  void aDiskWithABackingFileIsRefused() throws Exception {
    Path overlay = directory.resolve("overlay.qcow2");
    qemuImg("create -q -f qcow2 -b /etc/passwd -F raw -u %s 1G", overlay);
    assertUploadRefused(overlay, "needs a backing file, /etc/passwd");
  }

  @Test
  void aDiskWithAnExternalDataFileIsRefused() throws Exception {
    Path disk = directory.resolve("disk.qcow2");
    qemuImg(
        "create -q -f qcow2 -o data_file=%s,data_file_raw=on %s 1M", directory.resolve("x"), disk);
    assertUploadRefused(disk, "data is in another file");
  }

  @Test
  void aDescriptorOfOtherExtentsIsRefused() throws Exception {
    Path disk = directory.resolve("disk.vmdk");
    qemuImg("create -q -f vmdk -o subformat=monolithicFlat %s 1M", disk);
    assertUploadRefused(disk, "extents are other files");
  }

  @Test
  void aTruncatedDiskIsRefused() throws Exception {
    Path disk = directory.resolve("disk.qcow2");
    Files.copy(Fixtures.smallImage(), disk);
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(file.length() / 2);
    }
    assertUploadRefused(disk, "truncated");
  }

  @Test
  void aDiskWithoutAnOperatingSystemBecomesAFailedImage() throws Exception {
    Path disk = partitioned(1);
    format(disk, 0, Files.createDirectory(directory.resolve("nothing")));
    assertImportFails(disk, "This disk contains no operating system, only the filesystems");
  }

  @Test
  void aDiskWithTwoOperatingSystemsBecomesAFailedImage() throws Exception {
    Path disk = partitioned(2);
    Path system = system("");
    format(disk, 0, system);
    format(disk, 1, system);
    assertImportFails(disk, "2 operating systems on this disk (on /dev/sda1, /dev/sda2)");
  }

  @ParameterizedTest
  @CsvSource({
    "/mnt/../../etc, is not a canonical absolute path",
    "/mnt/link/etc, /mnt/link is a symbolic link"
  })
  void aDiskWhoseMountPointLeadsElsewhereBecomesAFailedImage(String mountPoint, String because)
      throws Exception {
    Path disk = partitioned(2);
    Path system = system("/dev/sda2 %s ext4 defaults 0 0\n".formatted(mountPoint));
    Files.createSymbolicLink(
        Files.createDirectory(system.resolve("mnt")).resolve("link"), Path.of("/"));
    format(disk, 0, system);
    format(disk, 1, Files.createDirectory(directory.resolve("data")));
    assertImportFails(disk, because);
  }

  @Test
  void aDiskWithAnEncryptedRootBecomesAFailedImage() throws Exception {
    Path disk = partitioned(1);
    Path encrypted = directory.resolve("encrypted");
    luks(encrypted);
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.seek(PARTITION);
      file.write(Files.readAllBytes(encrypted));
    }
    assertImportFails(disk, "root of this disk is encrypted (crypto_LUKS on /dev/sda1)");
  }

  /** QEMU measures the processor for the key, and can't do so at times on a busy machine. */
  private static void luks(Path file) throws Exception {
    for (int attempt = 1; ; attempt++) {
      try {
        qemuImg(
            "create -q -f luks --object secret,id=key,data=secret -o key-secret=key,iter-time=10 %s"
                + " 8M",
            file);
        return;
      } catch (ProgramException e) {
        Files.deleteIfExists(file);
        if (attempt == 5) {
          throw e;
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "raw, tar --format=oldgnu -Scz disk.raw",
    "vmdk, tar --format=ustar -c disk.vmdk",
    "vhdx, zstd -1 -c disk.vhdx"
  })
  void everyFormatOfAGoodDiskBecomesAnImageHoweverItIsPacked(String format, String packing)
      throws Exception {
    Path disk = directory.resolve("disk." + format);
    qemuImg("convert -f qcow2 -O " + format + " %s %s", Fixtures.smallImage(), disk);
    Path packed = directory.resolve("packed");
    Program.of("bash", "-c", "cd '%s' && %s >'%s'".formatted(directory, packing, packed)).run();
    Image image = imported(upload(packed));
    assertThat(image.state()).as(image.toString()).isEqualTo(ImageState.AVAILABLE);
    assertThat(image.platformAsString()).isEqualTo("DEBIAN_12");
  }

  /** What makes a disk a Debian's for libguestfs. */
  private Path system(String fstab) throws IOException {
    Path system = directory.resolve("system");
    Files.createDirectories(system.resolve("etc"));
    Files.createDirectories(system.resolve("bin"));
    Files.writeString(system.resolve("etc/fstab"), fstab);
    Files.writeString(system.resolve("etc/os-release"), "ID=debian\nVERSION_ID=12\n");
    return system;
  }

  /** A raw disk with an MBR and partitions of {@link #PARTITION} bytes, one after another. */
  private Path partitioned(int partitions) throws Exception {
    ByteBuffer table = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    int sectors = PARTITION / 512;
    for (int n = 0; n < partitions; n++) {
      table.position(446 + 16 * n).putInt(0).putInt(0x83);
      table.putInt(sectors * (n + 1)).putInt(sectors);
    }
    table.putShort(510, (short) 0xaa55);
    Path disk = directory.resolve("disk.raw");
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.write(table.array());
      file.setLength((long) PARTITION * (partitions + 1));
    }
    return disk;
  }

  private static void format(Path disk, int partition, Path content) throws Exception {
    Program.of(
            "mke2fs",
            "-qF",
            "-text4",
            "-Eoffset=" + PARTITION * (partition + 1),
            "-d" + content,
            disk.toString(),
            PARTITION / 1024 + "K")
        .run();
  }

  /** No argument of these tests holds a space. */
  private static void qemuImg(String arguments, Path... files) throws Exception {
    Program.of(("qemu-img " + arguments.formatted((Object[]) files)).split(" ")).run();
  }

  private static String upload(Path disk) throws Exception {
    return server.http().post("/regild/v1/disks", disk).path("diskId").asString();
  }

  private static void assertUploadRefused(Path disk, String because) {
    assertThatThrownBy(() -> upload(disk))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("IncompatibleImageException")
        .hasMessageContaining(because);
  }

  private static void assertImportFails(Path disk, String because) throws Exception {
    List<String> layers = list("layers");
    Image failed = imported(upload(disk));
    assertThat(failed.state()).as("%s", failed).isEqualTo(ImageState.FAILED);
    assertThat(failed.stateChangeReason().message()).contains(because);
    assertThat(failed.imageErrors()).hasSize(1);
    assertThat(list("layers")).containsExactlyInAnyOrderElementsOf(layers);
  }

  private static Image imported(String diskId) throws Exception {
    String name = "image-" + NUMBER.incrementAndGet();
    client.createImportedImage(
        r -> r.name(name).sourceAmiId(diskId).iamRoleArn("arn:aws:iam::123456789012:role/import"));
    return LocalServer.await(client, name);
  }

  private static List<String> list(String name) throws IOException {
    try (var files = Files.list(data.resolve(name))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
