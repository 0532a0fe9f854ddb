package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.cli.Regild;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.fixtures.HostTools;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.quota.AccountQuotas;
import dev.regild.image.quota.Quota;
import dev.regild.machine.Program;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code regild import}, against a server: what it refuses, it refuses before it sends the disk.
 */
class ImportCommandTest {
  @TempDir static Path directory;
  @TempDir static Path files;

  private static ServerFixture server;
  private static Path disk;

  @BeforeAll
  static void start() throws Exception {
    HostTools.assumeInstalled("bash", "gzip", "qemu-img", "tar", "xz");
    HostTools.assume(
        System.getenv("AWS_ACCESS_KEY_ID") == null,
        "the key in AWS_ACCESS_KEY_ID would go first: unset it");
    server = new ServerFixture(directory);
    server.writeCredentials();
    server.golden("us-east-1", "golden");
    disk = files.resolve("disk.qcow2");
    QemuImg.create(disk, DiskFormat.QCOW2, 1 << 20);
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  /** No upload is left, whatever was refused. */
  @AfterEach
  void removeUploads() throws Exception {
    for (var upload : server.disks.list(server.account.id())) {
      server.disks.removeUpload(upload.id());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '→',
      value = {
        "--name golden → ResourceAlreadyExistsException",
        "--name amazon-1 → amazon-1 is reserved",
        "--name -a- → at 'name'",
        "--name new --tag aws:a=1 → at 'tags'",
        "--name new --description nö → at 'description'"
      })
  void whatTheApiRefusesIsNotUploaded(String options, String why) throws Exception {
    assertThat(run(1, disk, options.split(" "))).contains(why).doesNotContain("Uploaded");
    assertThat(uploads()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"IMAGES, 0, The quota of", "DISKS, 0, The quota of disks is 0", "DISK_GIB, 0, 0 GiB"})
  void whatAQuotaForbidsIsNotUploaded(Quota quota, int limit, String why) throws Exception {
    String account = server.account.id();
    server.database.useTransaction(handle -> AccountQuotas.put(handle, account, quota, limit));
    try {
      assertThat(run(1, disk, "--name", "new"))
          .contains("LimitExceededException", why)
          .doesNotContain("Uploaded");
      assertThat(uploads()).isZero();
    } finally {
      server.database.useTransaction(handle -> AccountQuotas.remove(handle, account, quota));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '→',
      value = {
        "notes.txt → head -c 200000 /dev/zero | tr '\\\\0' x → the file is not a disk",
        "overlay → qemu-img create -q -f qcow2 -u -b /etc/passwd -F raw o 1G; cat o → needs a backing file",
        "overlay.xz → qemu-img create -q -f qcow2 -u -b /x -F raw p 1G; xz <p → needs a backing file",
        "two.tar → cp disk.qcow2 b.img; tar -c disk.qcow2 b.img → several disks (disk.qcow2, b.img)",
        "half.gz → gzip <disk.qcow2 | head -c 100 → the gzip data are damaged or truncated"
      })
  void whatIsNoDiskIsNotUploaded(String name, String command, String why) throws Exception {
    Path file = made(name, command);
    assertThat(run(1, file, "--name", "new"))
        .contains("regild: %s can't be imported: ".formatted(file), why)
        .doesNotContain("Uploaded");
    assertThat(uploads()).isZero();
  }

  @Test
  void anOvaNamesItsImage() throws Exception {
    Path ova =
        made(
            "Web.ova",
            """
            cat >a.ovf <<E
            <Envelope xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
              <References><File ovf:id="f" ovf:href="disk.qcow2"/></References>
              <DiskSection><Disk ovf:diskId="d" ovf:fileRef="f"/></DiskSection>
              <VirtualSystem ovf:id="Büro (2)">
                <AnnotationSection><Annotation>For the
                  2nd floor: web &amp; mail</Annotation></AnnotationSection>
              </VirtualSystem>
            </Envelope>
            E
            tar -c a.ovf disk.qcow2
            """);
    assertThat(run(0, ova))
        .containsPattern("Uploaded \\S+Web.ova \\(.*\\) as ami-\\w+, unpacked from ova to ")
        .contains("Buro-2 is IMPORTING.");
    Image image = find("Buro-2");
    assertThat(image.displayName()).contains("Buro (2)");
    assertThat(image.description()).contains("For the 2nd floor web mail");
    assertThat(run(0, ova, "--name", "other", "--description", "Own")).contains("other is");
    assertThat(find("other").description()).contains("Own");
  }

  @Test
  void aNameIsAskedForWhereTheFileHasNone() {
    assertThat(run(2, disk)).contains("give the image a name with --name=NAME");
  }

  @Test
  void aTagWithoutAValueIsExplained() {
    assertThat(run(2, disk, "--name", "new", "--tag", "prod")).contains("KEY=VALUE");
  }

  private static Image find(String name) {
    return server.database.read(handle -> Images.require(handle, server.owner("us-east-1"), name));
  }

  private static long uploads() throws Exception {
    return server.disks.list(server.account.id()).stream()
        .filter(d -> !d.id().equals(ServerFixture.DISK))
        .count();
  }

  private static Path made(String name, String command) throws Exception {
    Path file = files.resolve(name);
    Program.of("bash", "-c", "cd '%s' && { %s\n} >'%s'".formatted(files, command, file)).run();
    return file;
  }

  /** What the command says, on whatever stream. */
  private static String run(int status, Path file, String... options) {
    List<String> command = new ArrayList<>(List.of("import", file.toString()));
    command.addAll(List.of(options));
    command.addAll(
        List.of("--endpoint", server.uri("").toString(), "--data", directory.toString()));
    StringWriter said = new StringWriter();
    var out = new PrintWriter(said, true);
    assertThat(Regild.run(out, out, command.toArray(String[]::new)))
        .as(said::toString)
        .isEqualTo(status);
    return said.toString();
  }
}
