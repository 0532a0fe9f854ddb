package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.demo.AgentRepository;
import dev.regild.fixtures.Fixtures;
import dev.regild.machine.Program;
import dev.regild.servicing.Isolation;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.Image;
import software.amazon.awssdk.services.appstream.model.ImageState;
import software.amazon.awssdk.services.appstream.model.IncompatibleImageException;

/** Disks that can't be made images, and those that can, through the same calls that users make. */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class ImportRefusalsIT {
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
    try (var disks = Files.list(data.resolve("disks"))) {
      for (Path disk : disks.filter(file -> file.toString().endsWith(".disk")).toList()) {
        // A disk that was refused before there was an image still waits for another try.
        Files.delete(disk);
      }
    }
    assertThat(server.unfinished()).isEmpty();
  }

  @Test
  void whatIsNoDiskIsRefusedWhenItArrives() throws Exception {
    Path text = Files.writeString(directory.resolve("notes.txt"), "not a disk ".repeat(1000));
    assertThatThrownBy(() -> upload(text))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("IncompatibleImageException");
    assertThat(list("disks")).isEmpty();
  }

  @Test
  void aDiskThatStandsOnAnotherFileIsRefused() throws Exception {
    Path base = directory.resolve("base.qcow2");
    Program.of("qemu-img", "create", "-q", "-f", "qcow2", base.toString(), "1G").run();
    Path overlay = directory.resolve("overlay.qcow2");
    Program.of(
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-b",
            "/etc/passwd",
            "-F",
            "raw",
            "-u",
            overlay.toString(),
            "1G")
        .run();
    assertRefused(overlay, "backing");
  }

  @Test
  void aTruncatedDiskIsRefused() throws Exception {
    Path whole = directory.resolve("whole.qcow2");
    Program.of(
            "qemu-img",
            "convert",
            "-O",
            "qcow2",
            Fixtures.smallImage().toString(),
            whole.toString())
        .run();
    try (RandomAccessFile file = new RandomAccessFile(whole.toFile(), "rw")) {
      file.setLength(file.length() / 2);
    }
    assertRefused(whole, "truncated");
  }

  @Test
  void aDiskWithoutAnOperatingSystemIsRefusedAsAFailedImage() throws Exception {
    Path disk = directory.resolve("data.raw");
    makeFilesystem(disk);
    Image failed = imported(upload(disk));
    assertThat(failed.state()).isEqualTo(ImageState.FAILED);
    assertThat(failed.stateChangeReason().message()).contains("no operating system");
    assertThat(failed.imageErrors()).hasSize(1);
    assertThat(list("disks")).isEmpty();
    assertThat(list("layers")).noneMatch(name -> name.contains(failed.name()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"raw", "vmdk", "vhdx"})
  void everyFormatOfAGoodDiskBecomesAnImage(String format) throws Exception {
    Path disk = directory.resolve("disk." + format);
    Program.of(
            "qemu-img",
            "convert",
            "-f",
            "qcow2",
            "-O",
            format,
            Fixtures.smallImage().toString(),
            disk.toString())
        .run();
    Image image = imported(upload(disk));
    assertThat(image.state()).as(image.toString()).isEqualTo(ImageState.AVAILABLE);
    assertThat(image.platformAsString()).isEqualTo("DEBIAN_12");
    assertThat(list("disks")).isEmpty();
  }

  private static void makeFilesystem(Path disk) throws Exception {
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(64 << 20);
      // A partition table of one entry, so that it is taken for a disk.
      file.seek(446);
      file.write(new byte[] {0, 0, 2, 0, (byte) 0x83, 0, 0, 0, 0, 8, 0, 0, 0, (byte) 0xf0, 1, 0});
      file.seek(510);
      file.write(new byte[] {0x55, (byte) 0xaa});
    }
    Program.of("mke2fs", "-q", "-F", "-t", "ext4", "-E", "offset=1048576", disk.toString(), "60M")
        .run();
  }

  private static String upload(Path disk) throws Exception {
    return server.http().post("/regild/v1/disks", disk).path("diskId").asString();
  }

  private static void assertRefused(Path disk, String because) {
    assertThatThrownBy(() -> imported(upload(disk)))
        .satisfiesAnyOf(
            e ->
                assertThat(e)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("IncompatibleImageException"),
            e -> assertThat(e).isInstanceOf(IncompatibleImageException.class))
        .hasMessageContaining(because);
    assertThat(client.describeImages(r -> {}).images())
        .noneMatch(image -> image.stateAsString().equals("IMPORTING"));
  }

  private static Image imported(String diskId) throws Exception {
    String name = "image-" + NUMBER.incrementAndGet();
    client.createImportedImage(
        r -> r.name(name).sourceAmiId(diskId).iamRoleArn("arn:aws:iam::123456789012:role/import"));
    while (true) {
      Image image = client.describeImages(r -> r.names(name)).images().getFirst();
      if (image.state() != ImageState.IMPORTING) {
        return image;
      }
      Thread.sleep(200);
    }
  }

  private static List<String> list(String name) throws IOException {
    try (var files = Files.list(data.resolve(name))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
